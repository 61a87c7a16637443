"""A page in headless Chromium: a picture of the whole of it, and as JSON what is on it: messages on the
browser's console, what it fetched, pictures that cannot be shown, whether it is wider than its window.

    screenshot.py FILE_OR_URL PNG [light|dark [WIDTH [HEIGHT]]]
"""

import base64
import json
import pathlib
import sys

from selenium import webdriver

page, screenshot, *rest = sys.argv[1:]
scheme, width, height = (rest + ["light", "1100", "0"][len(rest):])[:3]

if "://" not in page:
    page = pathlib.Path(page).resolve().as_uri()
options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},900"]:
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
try:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
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
    clip = {"x": 0, "y": 0, "width": int(width), "height": int(height) or found["height"], "scale": 1}
    picture = browser.execute_cdp_cmd(
        "Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True}
    )
    pathlib.Path(screenshot).write_bytes(base64.b64decode(picture["data"]))
    found["console"] = [entry["message"] for entry in browser.get_log("browser")]
    print(json.dumps(found))
finally:
    browser.quit()
