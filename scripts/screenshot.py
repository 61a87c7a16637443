"""A page in headless Chromium: a screenshot of all of it, and as JSON the messages on the browser's console, its
requests, its broken images, and true if it is wider than its window.

    screenshot.py FILE_OR_URL PNG [--scheme light|dark] [--height PIXELS] [--part SELECTOR] [--scale SHARE]
"""

import argparse
import base64
import json
import pathlib

from selenium import webdriver

WIDTH = 1100

parser = argparse.ArgumentParser()
parser.add_argument("page")
parser.add_argument("png", type=pathlib.Path)
parser.add_argument("--scheme", choices=["light", "dark"], default="light")
parser.add_argument("--height", type=int, help="of the page, from its top; all of it when absent")
parser.add_argument("--part", help="the first element of this CSS selector; the whole page when absent")
parser.add_argument("--scale", type=float, default=1)
arguments = parser.parse_args()

page = arguments.page if "://" in arguments.page else pathlib.Path(arguments.page).resolve().as_uri()
options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={WIDTH},900"]:
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
try:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": arguments.scheme}]}
    )
    browser.get(page)
    found = browser.execute_script("""
        const images = [...document.images], color = element => getComputedStyle(element);
        const ink = document.querySelector('svg text');
        return {
            title: document.title,
            plots: document.querySelectorAll('svg').length,
            images: images.length,
            broken: images.filter(image => !image.complete || !image.naturalWidth).length,
            fetched: performance.getEntriesByType('resource').map(entry => entry.name)
                .filter(name => !name.startsWith('data:')),
            too_wide: document.documentElement.scrollWidth > window.innerWidth,
            ground: color(document.body).backgroundColor,
            ink: ink && color(ink).fill,
            height: document.documentElement.scrollHeight,
        };""")
    height = min(arguments.height or found["height"], found["height"])
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": arguments.scale}
    if arguments.part:
        arguments.png.write_bytes(browser.find_element("css selector", arguments.part).screenshot_as_png)
    else:
        picture = browser.execute_cdp_cmd(
            "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
        )
        arguments.png.write_bytes(base64.b64decode(picture["data"]))
    found["console"] = [entry["message"] for entry in browser.get_log("browser")]
    print(json.dumps(found))
finally:
    browser.quit()
