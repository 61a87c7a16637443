"""The page of `hearth serve` in headless Chromium: draws, fills in a row or moves a slider, waits for the response,
and prints the page's content as JSON. Any message on the browser's console is an error.

    page.py URL SCREENSHOT [IMAGE]
"""

import json
import sys

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

url, screenshot, *picture = sys.argv[1:]

options = webdriver.ChromeOptions()
for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,800"]:
    options.add_argument(argument)
options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
service = webdriver.ChromeService("/usr/bin/chromedriver")
browser = webdriver.Chrome(options=options, service=service)
try:
    browser.get(url)
    wait = WebDriverWait(browser, 30)
    data = lambda name: browser.find_element(By.TAG_NAME, "body").get_attribute(f"data-{name}")
    answers = lambda: int(data("answers") or 0)
    wait.until(lambda _: data("ready") == "true")

    def bars():
        return [
            {"class": bar.get_attribute("data-class"),
             "probability": float(bar.get_attribute("data-probability"))}
            for bar in browser.find_elements(By.CSS_SELECTOR, "#bars .bar")
        ]

    found = {}
    if browser.find_elements(By.ID, "pad"):
        before = answers()
        if picture:
            browser.find_element(By.CSS_SELECTOR, "input[type=file]").send_keys(picture[0])
        else:
            # The outline of a shirt, in fractions of the pad.
            pad = browser.find_element(By.ID, "pad")
            size = pad.size
            outline = [(-.3, -.3), (-.1, -.35), (.1, -.35), (.3, -.3), (.4, 0), (.25, .05), (.2, -.1),
                       (.2, .35), (-.2, .35), (-.2, -.1), (-.25, .05), (-.4, 0), (-.3, -.3)]
            hand = ActionChains(browser, duration=20)
            places = [(x * size["width"], y * size["height"]) for x, y in outline]
            hand.move_to_element_with_offset(pad, *map(int, places[0])).click_and_hold()
            for (x, y), (to_x, to_y) in zip(places, places[1:]):
                hand.move_by_offset(int(to_x) - int(x), int(to_y) - int(y))
            hand.release().perform()
        wait.until(lambda _: answers() > before)
        found["bars"] = bars()
    elif browser.find_elements(By.ID, "fields"):
        status = browser.find_element(By.ID, "status")
        wait.until(lambda _: status.text.startswith("Fill in"))
        browser.find_element(By.ID, "typical").click()
        wait.until(lambda _: answers() > 0)
        # A change by keyboard.
        field = browser.find_element(By.CSS_SELECTOR, "#fields input, #fields select")
        before = answers()
        field.send_keys(Keys.ARROW_UP)
        wait.until(lambda _: answers() > before)
        found["row"] = {
            field.get_attribute("name"): field.get_attribute("value")
            for field in browser.find_elements(By.CSS_SELECTOR, "#fields input, #fields select")
        }
        found["bars"] = bars()
        value = browser.find_element(By.ID, "value")
        found["value"] = value.get_attribute("data-value") and float(value.get_attribute("data-value"))
    else:
        wait.until(lambda _: answers() > 0)
        grid = browser.find_element(By.ID, "grid")
        pixels = "return (i => {const c = document.createElement('canvas');" \
            "[c.width, c.height] = [i.naturalWidth, i.naturalHeight];" \
            "c.getContext('2d').drawImage(i, 0, 0); return c.toDataURL()})(arguments[0])"
        first, before = browser.execute_script(pixels, grid), answers()
        slider = browser.find_element(By.CSS_SELECTOR, "#axes input[type=range]")
        slider.send_keys(Keys.END)
        wait.until(lambda _: answers() > before)
        found["slider"] = slider.get_attribute("value")
        found["size"] = [grid.get_property("naturalWidth"), grid.get_property("naturalHeight")]
        found["changed"] = browser.execute_script(pixels, grid) != first
    found["status"] = browser.find_element(By.ID, "status").text
    found["console"] = [entry["message"] for entry in browser.get_log("browser")]
    browser.save_screenshot(screenshot)
    print(json.dumps(found))
finally:
    browser.quit()
