"""A browser without a window, for pages that the program writes."""
from selenium import webdriver
from selenium.webdriver.chrome.service import Service


def open_browser():
    options = webdriver.ChromeOptions()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--window-size=1500,2000"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def errors_of(browser):
    """What the page's scripts have complained of since the last call."""
    return [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def fetched_by(browser):
    """How many other resources the page has asked for."""
    return browser.execute_script("return performance.getEntriesByType('resource').length")
