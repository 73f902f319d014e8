#!/usr/bin/env python3
"""The page of --paging-report in a browser, beside --paging-trace of the same run: whole tables as they were at
several events, counts, the timeline, one translation bit by bit, keys, and what a bad address gives.
Arguments: the program, a ROM of 32-bit paging without devices, one of PAE, the screenshot to write."""
import collections
import json
import os
import subprocess
import sys
import tempfile

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from browser import errors_of, fetched_by, open_browser
from driving import PATIENCE_SECONDS, check, wait_until

PROGRAM, ROM, PAE_ROM, SCREENSHOT = sys.argv[1:]
PAGE = 4096


def make_report(rom, folder, *options):
    """A page, and the events of the same run."""
    page, trace = os.path.join(folder, "page.html"), os.path.join(folder, "trace")
    subprocess.run([PROGRAM, "lab", "paging", "--report", page, "--", "--firmware", rom, "--paging-trace", trace, *options],
                   check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS)
    with open(trace, encoding="utf-8") as file:
        return page, [json.loads(line) for line in file][1:]


class Shadow:
    """The tables behind the first events of a trace, 32-bit paging."""

    def __init__(self, events):
        self.tables, self.root = {}, None
        for event in events:
            self.apply(event)

    def apply(self, event):
        kind, number = event["event"], event.get("table")
        if kind == "make":
            self.tables[number] = {}
        elif kind == "drop":
            del self.tables[number]
            for table in self.tables.values():
                for slot in [slot for slot, entry in table.items() if entry.get("table") == number]:
                    del table[slot]
        elif kind == "activate":
            self.root = number
        elif kind == "root-switch":
            self.root = None
        elif "new" in event:
            if event["new"] is None:
                self.tables[number].pop(event["slot"], None)
            else:
                self.tables[number][event["slot"]] = event["new"]

    def directory(self):
        return self.tables.get(self.root, {})

    def table(self, slot):
        return self.tables.get(self.directory().get(slot, {}).get("table"), {})


class Page:
    def __init__(self, browser, path):
        self.browser = browser
        browser.get("file://" + path)

    def find(self, identity):
        return self.browser.find_element(By.ID, identity)

    def text(self, identity):
        return self.find(identity).text

    def click(self, identity):
        self.find(identity).click()

    def position(self):
        return int(self.text("position").split()[1].replace(",", ""))

    def number(self, identity):
        return int(self.find(identity).get_attribute("textContent").replace(",", ""))

    def seek(self, position):
        """Moves the slider as a hand does."""
        self.browser.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
                                    self.find("slider"), position)

    def states(self, grid):
        return self.browser.execute_script(
            "return [...document.querySelectorAll('#' + arguments[0] + ' .cell')].map(c => c.className.split(' ')[1])", grid)

    def open_cell(self, grid, slot):
        self.find(grid).find_element(By.CSS_SELECTOR, f"[data-slot='{slot}']").click()

    def errors(self):
        return errors_of(self.browser)


def check_counts(page, events):
    total = collections.Counter(event["event"] for event in events)
    total.update("hidden-fault-" + event["cause"] for event in events if "cause" in event)
    for name, count in total.items():
        check(page.number("count-" + name) == count, f"{name}: {count} in the trace, {page.number('count-' + name)} shown")


def check_tables(page, events):
    """The grids at an event say what the trace says."""
    shadow = Shadow(events)
    page.seek(len(events))
    check_counts(page, events)
    directory = page.states("directory")
    present = {slot for slot, state in enumerate(directory) if state in ("linked", "large", "behind")}
    check(present == set(shadow.directory()), f"event {len(events)}: directory entries {present}")
    for slot in list(present)[:3]:
        page.open_cell("directory", slot)
        states = {i: state for i, state in enumerate(page.states("table")) if state in ("read", "write", "withheld", "behind")}
        wanted = {i: "withheld" if leaf["withheld"] else "write" if "w" in leaf["rights"] else "read"
                  for i, leaf in shadow.table(slot).items()}
        check(states == wanted, f"event {len(events)}, table {slot}: {states} is not {wanted}")


def check_translation(page, events):
    """Through directory and table to a page whose write right is withheld."""
    page.seek(len(events))
    shadow = Shadow(events)
    slot, table_slot, leaf = next((slot, i, leaf) for slot in shadow.directory()
                                  for i, leaf in shadow.table(slot).items() if leaf["withheld"])
    page.open_cell("directory", slot)
    page.open_cell("table", table_slot)
    text = page.text("translation")
    for words in [f"Linear 0x{(slot << 22) + table_slot * PAGE:08x}", "Write withheld", f"to host frame {leaf['frame']}",
                  f"for guest page {leaf['page']}", "write withheld, because the frame holds the guest's page"]:
        check(words in text, f"{words!r} is in {text!r}")
    page.browser.save_screenshot(SCREENSHOT)


def check_timeline(page, events):
    page.click("first")
    check(page.position() == 0 and page.number("count-fill") == 0, "the first position is before all events")
    for position in range(1, 6):
        page.click("forward")
        check(page.position() == position, f"one step to {position}")
        check(events[position - 1]["event"] in page.text("position"), "the event is named")
    before = page.text("sentence")
    page.click("back")
    page.click("forward")
    check(page.position() == 5 and page.text("sentence") == before, "back and forward lead to the same")
    page.click("last")
    check(page.position() == len(events), "the last position")
    page.click("play")
    wait_until(lambda: page.position() > 0, "the events play")
    page.click("play")
    fill = next(i for i, event in enumerate(events) if event["event"] == "fill" and event["level"] == 1)
    page.seek(fill + 1)
    check("is filled: to host frame " + events[fill]["new"]["frame"] in page.text("sentence"), page.text("sentence"))
    check(events[fill]["linear"] in page.text("translation"), "the view follows the events")
    changed = page.find("table").find_elements(By.CSS_SELECTOR, ".changed")
    check([c.get_attribute("data-slot") for c in changed] == [str(events[fill]["slot"])], "the changed entry is marked")
    page.seek(0)
    page.find("counts").find_element(By.XPATH, ".//button[text()='withhold']").click()
    check(events[page.position() - 1]["event"] == "withhold", "the name of a kind leads to the next of it")
    for box in page.find("counts").find_elements(By.CSS_SELECTOR, "input"):
        if box.get_attribute("aria-label") != "stop at sync":
            box.click()
    page.click("first")
    page.click("forward")
    sync = next(i for i, event in enumerate(events) if event["event"] == "sync")
    check(page.position() == sync + 1, "steps stop at the kinds that are ticked")


def check_keys(page, events):
    body = page.browser.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.HOME)
    check(page.position() == 0, "Home")
    body.send_keys(Keys.END)
    check(page.position() == len(events), "End")
    theme = page.browser.execute_script("return document.documentElement.dataset.theme")
    body.send_keys("t")
    check(page.browser.execute_script("return document.documentElement.dataset.theme") != theme, "another theme")
    body.send_keys("/")
    field = page.browser.switch_to.active_element
    check(field.get_attribute("id") == "address", "/ leads to the address")
    field.send_keys("0xC0100123" + Keys.ENTER)
    check("Linear 0xc0100000" in page.text("translation"), "an address is shown")
    page.find("address").clear()
    page.find("address").send_keys("kernel" + Keys.ENTER)
    check("hexadecimal" in page.find("address").get_attribute("validationMessage"), "no address gives a message")
    page.open_cell("directory", 5)
    page.browser.switch_to.active_element.send_keys(Keys.ARROW_RIGHT + Keys.ARROW_DOWN + Keys.ENTER)
    check(f"Linear 0x{(5 + 1 + 32) << 22:08x}" in page.text("translation"), "arrows move in the grid")


def check_place(page, events):
    """The address of the page names event and linear address, and leads back there."""
    page.seek(len(events) // 2)
    page.find("address").clear()
    page.find("address").send_keys("41000" + Keys.ENTER)
    place = f"#{len(events) // 2},41000"
    wait_until(lambda: page.browser.current_url.endswith(place), "the page's address follows")
    page.browser.refresh()
    check(page.position() == len(events) // 2 and "Linear 0x00041000" in page.text("translation"), "the same view again")


def check_heat(page, events):
    stores = collections.Counter(event["physical"][:-3] for event in events if event.get("cause") == "protected")
    page.seek(len(events))
    rows = [row.text.split() for row in page.find("hot").find_elements(By.CSS_SELECTOR, "tr")]
    shown = {int(row[0], 16): int(row[-1].replace(",", "")) for row in rows}
    check(shown == {int(frame, 16): count for frame, count in stores.most_common(8)}, f"hot frames {shown}")


with tempfile.TemporaryDirectory() as folder:
    browser = open_browser()
    try:
        path, trace = make_report(ROM, folder)
        shown = Page(browser, path)
        check(shown.position() == len(trace), "the page begins at the end")
        for part in [len(trace), len(trace) // 3, 2 * len(trace) // 3, 1, 0]:
            check_tables(shown, trace[:part])
        check_translation(shown, trace)
        check_heat(shown, trace)
        check_timeline(shown, trace)
        check_keys(shown, trace)
        check_place(shown, trace)
        check(fetched_by(browser) == 0, "nothing is fetched")
        check(shown.errors() == [], f"errors {shown.errors()}")
        for options in [[], ["--deprivilege", "ring3"]]:
            path, trace = make_report(PAE_ROM, folder, *options)
            shown = Page(browser, path)
            check_counts(shown, trace)
            shown.click("first")
            shown.click("last")
            check_counts(shown, trace)
            check("PAE paging" in shown.text("root"), "the paging mode is told")
            check(shown.errors() == [], f"errors {shown.errors()}")
        subprocess.run([PROGRAM, "lab", "paging", "--report", path], check=True, stdin=subprocess.DEVNULL,
                       timeout=PATIENCE_SECONDS)
        shown = Page(browser, path)
        check("the page holds the first" in shown.text("cut"), "a run with more events than the page holds says so")
        check("16 MiB" in shown.text("machine") and shown.number("count-true-fault") > 0, "the laboratory's guest")
        check(shown.errors() == [], f"errors {shown.errors()}")
    finally:
        browser.quit()
print("the page shows what the trace tells")
