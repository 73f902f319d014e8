"use strict";
// One page: guest, shadow and host side by side, bit by bit, and why they differ.

const KIND_TITLES = {
  absent: "A true page fault", missing: "Not in the shadow yet", same: "In the shadow", withheld: "Write withheld",
  behind: "The shadow is behind", device: "A device",
};

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const mark = (value) => value === null ? "" : value === true ? "●" : value === false ? "○" : value;

/** Rows of the table of bits: name, guest's two entries, shadow's two. null: the entry has no such bit. */
function bitRows(model, at) {
  const {guest, shadow} = at;
  const layout = data.layout;
  const bit = (entry, mask) => entry === null || entry.known === "no" ? null : has(entry.value, mask);
  const right = (entry, mask) => entry === null ? null : (entry.rights & mask) !== 0;
  const [d, t, D, T] = [guest.directory === null ? null : guest.directoryEntry, guest.tableEntry,
                        shadow.directoryEntry, shadow.leaf];
  const guestRow = (name, mask) => [name, bit(d, mask), bit(t, mask), null, null];
  const executable = (entry) => model.mode === "none" || entry === null || entry.known === "no" ? null
    : !has(entry.value, GUEST.noExecute);
  return [
    ["present", bit(d, GUEST.present), bit(t, GUEST.present), D !== null, T !== null],
    ["user", bit(d, GUEST.user), bit(t, GUEST.user), right(D, layout.user), right(T, layout.user)],
    ["write", bit(d, GUEST.write), bit(t, GUEST.write), null, null],
    ["write: supervisors", null, null, right(D, layout.supervisorWrite), right(T, layout.supervisorWrite)],
    ["write: users", null, null, right(D, layout.userWrite), right(T, layout.userWrite)],
    ["write withheld", null, null, null, T === null ? null : T.withheld !== 0],
    ["execute", executable(d), executable(t), right(D, layout.execute), right(T, layout.execute)],
    guestRow("accessed", GUEST.accessed),
    ["dirty", guest.large ? bit(d, GUEST.dirty) : null, bit(t, GUEST.dirty), null, null],
    ["large page", bit(d, GUEST.large), null, shadow.table === null ? null : shadow.table.direct, null],
    guestRow("global", GUEST.global),
    guestRow("cache off", GUEST.noCache),
    guestRow("write-through", GUEST.writeThrough),
  ];
}

const KNOWN_NOTES = {no: "not looked at yet", before: "as last seen; nobody watches it now", now: ""};

class TranslationPanel {
  constructor(view) {
    this.view = view;
    this.panel = document.getElementById("translation");
  }

  show() {
    const {model, at, side} = this.view;
    const story = explain(model, at, side);
    this.panel.textContent = "";
    const title = element("h2", `Linear ${hex(at.linear)} `);
    title.append(element("span", KIND_TITLES[story.kind], "verdict " + story.kind));
    const list = element("ul", undefined, "story");
    for (const line of story.words) list.append(element("li", line));
    this.panel.append(title, this.chain(), list, this.bits());
  }

  /** Guest beside shadow beside host, level by level. */
  chain() {
    const {model, at} = this.view;
    const {guest, shadow} = at;
    const box = element("div", undefined, "chain");
    const row = (name, ...cells) => {
      box.append(element("div", name, "chain-name"));
      for (const [text, note] of cells) {
        const cell = element("div", text, "chain-cell");
        if (note) cell.append(element("small", note));
        box.append(cell);
      }
    };
    for (const name of ["", "Guest", "Shadow", "Host"]) box.append(element("div", name, "chain-head"));
    row("root", this.rootCell(), shadow.directory === null ? ["none"] : [`directory ${shadow.directory.number}`],
        this.frameCell(guest.directory, ""));
    row("directory entry", this.guestCell(guest.directory === null ? null : guest.directoryEntry),
        shadow.directory === null ? ["none"] : shadow.directoryEntry === null
          ? ["not present", `entry ${at.slot} of shadow directory ${shadow.directory.number}`]
          : [`to table ${shadow.directoryEntry.target}`, `entry ${at.slot} of shadow directory ${shadow.directory.number}`],
        this.frameCell(guest.directory, "holds the guest's directory"));
    row("table entry", guest.large ? ["none", "the directory entry maps a large page"] : this.guestCell(guest.tableEntry),
        shadow.table === null ? ["none"] : shadow.leaf === null
          ? ["not present", `entry ${at.tableSlot} of shadow table ${shadow.table.number}`]
          : [`to host frame ${frameName(shadow.leaf.target)}`, `entry ${at.tableSlot} of shadow table ${shadow.table.number}`],
        this.frameCell(guest.table, "holds the guest's table"));
    row("page", guest.page === null ? ["none"] : [`guest-physical ${hex(guest.page)}`,
                                                  rightsOrNone(guestRights(model, at))],
        shadow.leaf === null ? ["none"] : [`for guest page ${frameName(shadow.leaf.page)}`,
                                           rightsWords(shadow.leaf.rights & shadow.directoryEntry.rights)],
        this.frameCell(guest.page, ""));
    return box;
  }

  rootCell() {
    const {controls, mode} = this.view.model;
    if (mode === "none") return ["none", "paging is off: linear is physical"];
    const cr3 = `CR3 ${hex(controls.get("cr3"))}`;
    if (mode !== "pae") return [cr3];
    return [hex(entryOf(controls.get("pointers")[this.view.at.gib]), 16), `pointer ${this.view.at.gib} of 4, ${cr3}`];
  }

  guestCell(entry) {
    if (entry === null || this.view.model.mode === "none") return ["none"];
    const note = KNOWN_NOTES[entry.known];
    if (entry.known === "no") return ["?", note];
    const digits = 2 * this.view.model.geometry.bytes;
    return [hex(entry.value, digits), `at ${hex(entry.address)}${note ? ": " + note : ""}`];
  }

  /** Host memory behind a guest-physical address. */
  frameCell(physical, use) {
    if (physical === null) return ["none"];
    const memory = this.view.model.memoryAt(pageOf(physical));
    if (memory.kind === "device") return ["no frame", "a device, or nothing"];
    const guarded = this.view.model.guarded.get(pageOf(physical));
    const notes = [memory.kind === "rom" ? "ROM" : "RAM", use,
                   guarded ? `write-protected (${LEVEL_NAMES[guarded.level]})` : ""].filter((note) => note !== "");
    return [`frame ${frameName(memory.frame)}`, notes.join(", ")];
  }

  bits() {
    const table = element("table", undefined, "bits");
    const head = element("tr");
    for (const name of ["bit", "guest's directory entry", "guest's table entry", "shadow's directory entry",
                        "shadow's table entry"]) head.append(element("th", name));
    table.append(head);
    for (const [name, ...values] of bitRows(this.view.model, this.view.at)) {
      const row = element("tr");
      row.append(element("th", name));
      for (const value of values) row.append(element("td", mark(value), value === true ? "set" : value === false ? "clear" : ""));
      table.append(row);
    }
    return table;
  }
}

const rightsOrNone = (rights) => rights === null ? "" : rightsWords(rights);
