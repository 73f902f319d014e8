#!/usr/bin/env python3
"""The page of `lab report` in a browser: its sections, what is folded, charts beside the data they are of, print, and
that it fits a phone.
Arguments: the program, the beginning of the screenshots' names."""
import base64
import json
import os
import subprocess
import sys
import tempfile

from selenium.webdriver.common.by import By

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from browser import errors_of, fetched_by, open_browser
from driving import PATIENCE_SECONDS, check

PROGRAM, SCREENSHOTS = sys.argv[1:]
PHONE_WIDTH = 375
DESK_WIDTH = 1300
PAPER_WIDTH = 720


def make_report(path):
    made = subprocess.run([PROGRAM, "lab", "report", "-o", path, "--quick"], check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    return made.stderr.splitlines()


def data_of(browser):
    return json.loads(browser.execute_script("return document.getElementById('data').textContent"))


def words_of(key):
    return key.replace("_", " ").replace("-", " ")


def timeline(data):
    samples = next(row for row in data["rows"] if "timeline" in row)["timeline"]["samples"]
    return {words_of(cause): values for cause in samples[0]["causes"]
            if any(values := [sample["causes"][cause] for sample in samples])}


def traps(data, *workloads):
    rows = [row for row in data["rows"] if row["workload"] in workloads]
    return {words_of(cause): values for cause in rows[0]["causes"]
            if any(values := [row["causes"][cause]["per_million"] for row in rows])}


def slowdown(data):
    return {"times bare": [row["slowdown"] for row in data["rows"]]}


def devices(data, unit):
    """Traps for one, by device, for each work."""
    bars = {}
    for row in data["rows"]:
        if unit in row["work"]:
            bars.setdefault(row["device"], []).append(row["traps"] / row["units"])
    return bars


def paging(data, keys):
    return {label: [row[key] for row in data] for label, key in keys.items()}


# What each chart must hold, from its section's data.
CHARTS = {
    "boot-timeline": ("boot", timeline),
    "traps-system-calls": ("cost", lambda data: traps(data, "int80", "sysenter")),
    "traps-memory": ("cost", lambda data: traps(data, "context-switches", "page-faults", "page-tables")),
    "traps-disk": ("cost", lambda data: traps(data, "pio", "dma")),
    "slowdown": ("cost", slowdown),
    "io-packets": ("io", lambda data: devices(data, "packet")),
    "io-blocks": ("io", lambda data: devices(data, "block")),
    "paging-exits": ("paging", lambda data: paging(data, {
        "exits": "exits", "hidden faults": "hidden_faults", "stores trapped": "write_protect_traps",
        "calls of the monitor": "hypercalls"})),
    "paging-walks": ("paging", lambda data: paging(data, {"references of walks": "walk_references"})),
}
# Their data are sums over rows, or a part of another's.
DERIVED_CHARTS = {"boot-timeline-end": "boot", "boot-ns-per-trap": "boot", "ns-per-trap": "cost"}


def check_progress(lines, sections):
    check(len(lines) == len(sections) + 1, f"a line for each section, and one for the file: {lines}")
    for line, name in zip(lines, sections):
        check(f": {name}: " in line, f"{name} is told: {line}")


def check_sections(browser, sections):
    shown = browser.find_elements(By.CSS_SELECTOR, "main > section")
    check([section.get_attribute("id") for section in shown] == list(sections), "the sections stand in the data's order")
    links = [link.get_attribute("href").split("#")[1] for link in browser.find_elements(By.CSS_SELECTOR, "nav a")]
    check(links == list(sections), f"links lead to {links}")
    for section in shown:
        name = section.get_attribute("id")
        content = sections[name]
        check("ringdown lab " in section.find_element(By.CSS_SELECTOR, ".command").text, f"{name} has its command")
        missing = [p.text for p in section.find_elements(By.CSS_SELECTOR, ".body > .missing")]
        check(missing == ([content["missing"]] if "missing" in content else []), f"{name}: missing {missing}")
        if "data" in content:
            check(section.find_elements(By.CSS_SELECTOR, ".body table, .body .console"), f"{name} shows something")


def check_charts(browser, sections):
    wanted = {name: (section, make) for name, (section, make) in CHARTS.items() if "data" in sections.get(section, {})}
    shown = [canvas.get_attribute("id") for canvas in browser.find_elements(By.TAG_NAME, "canvas")]
    check(set(wanted) <= set(shown) <= set(wanted) | set(DERIVED_CHARTS), f"charts {shown}")
    for name, (section, make) in wanted.items():
        sets = browser.execute_script(
            "return Chart.getChart(arguments[0]).data.datasets.map(set => [set.label, [...set.data]])", name)
        check(dict(sets) == make(sections[section]["data"]), f"{name} shows {sets}")
    for name in shown:
        height = browser.execute_script("return document.getElementById(arguments[0]).getBoundingClientRect().height", name)
        check(height > 100, f"{name} is {height} high")


def check_violations(browser, violations):
    """Each pair has its state, and consoles that end as the data say."""
    shown = browser.find_elements(By.CSS_SELECTOR, "#violate .body > details")
    check(len(shown) == len(violations), f"{len(shown)} pairs of machines")
    for details, violation in zip(shown, violations):
        ends = [end.get_attribute("textContent") for end in details.find_elements(By.CSS_SELECTOR, ".end")]
        sides = violation.get("aftermath", {})
        check(ends == [f"End: {sides[side]['end']}" for side in ("bare", "through") if side in sides], f"ends {ends}")
        marked = details.find_elements(By.CSS_SELECTOR, "td.differs")
        check("missing" in violation or marked, f"{violation['guest']}: a difference is marked")


def check_details(browser):
    for details in browser.find_elements(By.CSS_SELECTOR, "main details"):
        before = details.get_attribute("open")
        summary = details.find_element(By.TAG_NAME, "summary")
        if browser.execute_script("return arguments[0].parentNode.closest('details:not([open])') !== null", details):
            continue
        browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", summary)
        summary.click()
        check((details.get_attribute("open") is None) != (before is None), f"{summary.text!r} opens and closes")
        summary.click()


def check_print(browser):
    is_open = "return [...document.querySelectorAll('details')].map(details => details.open)"
    before = browser.execute_script(is_open)
    check(not all(before), "something is folded")
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    check(all(browser.execute_script(is_open)), "all is unfolded for print")
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    check(browser.execute_script(is_open) == before, "and folded again")


def show_as(browser, width, scheme, media="screen"):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE_WIDTH})


def check_fit(browser, width):
    """Nothing stands out to the right: tables scroll in their boxes."""
    shown = browser.execute_script("return document.documentElement.scrollWidth")
    check(shown <= width, f"at a width of {width} the page is {shown} wide")


def keep_screenshot(browser, name):
    size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {
        "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}})
    with open(f"{SCREENSHOTS}_{name}.png", "wb") as file:
        file.write(base64.b64decode(shot["data"]))


def colours_of(browser):
    return browser.execute_script("""
        const chart = Chart.getChart(document.querySelector('canvas'));
        return [getComputedStyle(document.body).backgroundColor, chart.options.color]""")


with tempfile.TemporaryDirectory() as folder:
    page = os.path.join(folder, "report.html")
    progress = make_report(page)
    window = open_browser()
    try:
        show_as(window, DESK_WIDTH, "light")
        window.get("file://" + page)
        report = data_of(window)
        check(report["quick"], "the data tells that it was made quickly")
        check_progress(progress, report["sections"])
        check_sections(window, report["sections"])
        check_charts(window, report["sections"])
        check_violations(window, report["sections"]["violate"]["data"])
        check_details(window)
        check_print(window)
        check_fit(window, DESK_WIDTH)
        keep_screenshot(window, "light")
        light = colours_of(window)
        show_as(window, DESK_WIDTH, "dark")
        check(all(a != b for a, b in zip(colours_of(window), light)), "page and charts turn dark")
        check_charts(window, report["sections"])
        keep_screenshot(window, "dark")
        show_as(window, PHONE_WIDTH, "light")
        window.refresh()
        check_fit(window, PHONE_WIDTH)
        check_charts(window, report["sections"])
        keep_screenshot(window, "phone")
        show_as(window, PAPER_WIDTH, "dark", "print")
        window.execute_script("window.dispatchEvent(new Event('beforeprint'))")
        check_fit(window, PAPER_WIDTH)
        check(colours_of(window)[1] == light[1], "charts are printed in the colours for light")
        keep_screenshot(window, "print")
        check(fetched_by(window) == 0, "nothing is fetched")
        check("Permission is hereby granted" in window.page_source, "the licence of Chart.js stands in the page")
        check(errors_of(window) == [], "no errors")
    finally:
        window.quit()
print("the page shows what the experiments gave")
