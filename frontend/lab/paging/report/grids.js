"use strict";
// The directory and the table as grids of entries.

/** A grid of buttons, one for each entry; the arrow keys move in it. */
class Grid {
  constructor(element, name, chosen) {
    this.element = element;
    this.name = name;
    this.chosen = chosen;
    this.cells = [];
    element.classList.add("grid");
    element.setAttribute("role", "grid");
    element.setAttribute("aria-label", name);
    element.addEventListener("click", (e) => { if (e.target.dataset.slot) this.chosen(Number(e.target.dataset.slot)); });
    element.addEventListener("keydown", (e) => this.move(e));
  }

  /** `labels`: what stands beside the first cell of a row. */
  resize(count, rowLabel) {
    if (this.cells.length !== count) {
      this.element.textContent = "";
      this.cells = [];
      for (let slot = 0; slot < count; ++slot) {
        if (slot % Grid.COLUMNS === 0) this.element.append(Object.assign(document.createElement("span"), {className: "row-label"}));
        const cell = document.createElement("button");
        cell.type = "button";
        cell.tabIndex = -1;
        cell.dataset.slot = slot;
        this.cells.push(cell);
        this.element.append(cell);
      }
    }
    this.element.querySelectorAll(".row-label").forEach((label, row) => {
      label.textContent = row % 4 === 0 ? rowLabel(row * Grid.COLUMNS) : "";
    });
  }

  /** `describe(slot)` gives {state, title}; `chosen` and `changed` are slots or null. */
  show(describe, chosen, changed) {
    this.cells.forEach((cell, slot) => {
      const {state, title} = describe(slot);
      const name = "cell " + state + (slot === chosen ? " chosen" : "") + (slot === changed ? " changed" : "");
      if (cell.className !== name) cell.className = name;
      cell.title = title;
      cell.tabIndex = slot === (chosen === null ? 0 : chosen) ? 0 : -1;
    });
  }

  move(event) {
    const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -Grid.COLUMNS, ArrowDown: Grid.COLUMNS};
    if (!(event.key in steps)) return;
    const next = Number(event.target.dataset.slot) + steps[event.key];
    event.preventDefault();
    event.stopPropagation();
    if (next < 0 || next >= this.cells.length) return;
    this.cells[next].focus();
  }
}
Grid.COLUMNS = 32;

const writable = (rights) => (rights & (data.layout.supervisorWrite | data.layout.userWrite)) !== 0;

/** How one directory entry stands in guest and shadow. */
function directoryState(model, at) {
  const {guest, shadow} = at;
  const entry = guest.directoryEntry;
  const present = model.mode === "none" || has(entry.value, GUEST.present);
  if (shadow.directoryEntry) {
    if (!present && entry.known === "now") return "behind";
    return shadow.table && shadow.table.direct ? "large" : "linked";
  }
  if (model.mode === "none") return "guest";
  if (entry.known === "no") return "unknown";
  return present ? "guest" : "absent";
}

/** How one page stands in guest and shadow. */
function pageState(model, at) {
  const {guest, shadow} = at;
  const {leaf} = shadow;
  if (leaf) {
    if (guest.page !== null ? pageOf(guest.page) !== leaf.page : guest.tableEntry && guest.tableEntry.known === "now")
      return "behind";
    if (leaf.withheld) return "withheld";
    return writable(leaf.rights & shadow.directoryEntry.rights) ? "write" : "read";
  }
  if (guest.page !== null) return "guest";
  const last = guest.tableEntry || guest.directoryEntry;
  return last.known === "no" ? "unknown" : "absent";
}

const STATE_WORDS = {
  absent: "the guest's entry is not present", unknown: "the guest's entry has not been looked at",
  guest: "the guest has it, the shadow not yet", read: "in the shadow, read-only", write: "in the shadow, writable",
  withheld: "in the shadow, write withheld", linked: "a shadow table is linked",
  large: "in the shadow, a large page or paging off", behind: "the shadow is behind the guest",
};

/** Both grids for the page that is looked at. */
class TableGrids {
  constructor(view) {
    this.view = view;
    this.directory = new Grid(document.getElementById("directory"), "Page directory",
                              (slot) => view.look(this.linearOf(slot, 0)));
    this.table = new Grid(document.getElementById("table"), "Page table",
                          (slot) => view.look(this.linearOf(view.at.slot, slot)));
    this.pointers = document.getElementById("pointers");
  }

  linearOf(slot, tableSlot) {
    return this.view.at.gib * 0x40000000 + slot * 2 ** this.view.model.geometry.shift + tableSlot * PAGE;
  }

  show() {
    const {model, at, side} = this.view;
    const {entries} = model.geometry;
    const place = model.placeOf(model.last);
    const changed = place === null ? null : model.translation(place.linear, side);
    const same = changed !== null && changed.gib === at.gib;
    const describe = (linear, state, slot) => ({state, title: `${hex(linear)} (entry ${slot}): ${STATE_WORDS[state]}`});
    this.directory.resize(entries, (slot) => hex(this.linearOf(slot, 0)).slice(2, 6) + "…");
    this.directory.show((slot) => {
      const linear = this.linearOf(slot, 0);
      return describe(linear, directoryState(model, model.translation(linear, side)), slot);
    }, at.slot, same ? changed.slot : null);
    this.table.resize(entries, (slot) => hex(this.linearOf(at.slot, slot)).slice(2, 7) + "…");
    this.table.show((slot) => {
      const linear = this.linearOf(at.slot, slot);
      return describe(linear, pageState(model, model.translation(linear, side)), slot);
    }, at.tableSlot, same && changed.slot === at.slot && place.level === 1 ? changed.tableSlot : null);
    this.showTitles();
  }

  showTitles() {
    const {model, at} = this.view;
    const directory = at.guest.directory === null ? "none: paging is off" : `guest's at ${hex(at.guest.directory)}`;
    document.getElementById("directory-title").textContent = directory;
    const end = this.linearOf(at.slot, model.geometry.entries - 1) + PAGE - 1;
    document.getElementById("table-title").textContent =
      `of ${hex(this.linearOf(at.slot, 0))} to ${hex(end)}` +
      (at.guest.table === null ? at.guest.large ? ", a large page" : "" : `, guest's at ${hex(at.guest.table)}`);
    this.pointers.textContent = "";
    if (model.mode !== "pae") return;
    for (let gib = 0; gib < 4; ++gib) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${gib} GiB` + (model.guestDirectory(gib) === null ? ": none" : "");
      button.setAttribute("aria-pressed", gib === at.gib);
      button.addEventListener("click", () => this.view.look(gib * 0x40000000));
      this.pointers.append(button);
    }
  }
}
