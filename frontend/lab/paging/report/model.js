"use strict";
// The run: its events, and guest and shadow tables as they were behind any number of them.

const data = JSON.parse(document.getElementById("data").textContent);
const KINDS = data.counts.kinds.map(([name]) => name);
const CAUSES = data.counts.causes.map(([name]) => name);
const PAGE = 4096;

const GEOMETRY = {
  "none": {bytes: 4, entries: 1024, shift: 22},
  "32-bit": {bytes: 4, entries: 1024, shift: 22},
  "pae": {bytes: 8, entries: 512, shift: 21},
};

const pageOf = (address) => Math.floor(address / PAGE);
const entryOf = (text) => BigInt("0x" + text);

// --- Entries -------------------------------------------------------------------------------------------------

/** Bits of a guest's entry (Intel SDM vol. 3A, 4.3 and 4.4). */
const GUEST = {present: 1n, write: 2n, user: 4n, writeThrough: 8n, noCache: 16n, accessed: 32n, dirty: 64n, large: 128n,
               global: 256n, software: 0xe00n, noExecute: 1n << 63n};
const PHYSICAL_MASK = (1n << 36n) - 1n;

const has = (entry, bit) => (entry & bit) !== 0n;

/** Where a guest's entry leads: a table or a page of 4 KiB. */
function frameAddress(entry, mode) {
  return Number(entry & ~0xfffn & (mode === "pae" ? PHYSICAL_MASK : 0xffffffffn));
}

/** The first byte of the large page of a directory entry. */
function largeAddress(entry, mode) {
  if (mode === "pae") return Number(entry & PHYSICAL_MASK & ~0x1fffffn);
  return Number((entry & 0xffc00000n) | ((entry >> 13n & 15n) << 32n));
}

const decoded = new Map();

/** A shadow entry, taken apart as the layout in the data says. */
function shadowEntry(text) {
  let entry = decoded.get(text);
  if (entry !== undefined) return entry;
  const raw = entryOf(text);
  const layout = data.layout;
  const field = ([low, width]) => Number((raw >> BigInt(low)) & ((1n << BigInt(width)) - 1n));
  entry = {present: field(layout.present) === 1, rights: field(layout.rights),
           withheld: field(layout.withheld) << layout.withheldShift, target: field(layout.target),
           page: field(layout.page), raw};
  decoded.set(text, entry);
  return entry;
}

// --- Events --------------------------------------------------------------------------------------------------

const TABLE_EVENT = ["table", "level", "physical", "direct", "user", "slot", "snapshot"];
const ENTRY_EVENT = ["table", "level", "slot", "linear", "physical", "guest", "old", "new"];
const STORE_EVENT = ["level", "slot", "physical", "guest"];
const FAULT_EVENT = ["linear", "physical", "cause", "error", "count"];
const ROOT_EVENT = ["cr3", "oldCr3", "mode", "wp", "pse", "nx", "pointers"];
/** By what an event tells of (PagingSubject). */
const FIELDS = [TABLE_EVENT, ENTRY_EVENT, STORE_EVENT, FAULT_EVENT, ROOT_EVENT];
const SUBJECTS = data.counts.kinds.map(([, , subject]) => subject);
const ENTRY_SUBJECT = FIELDS.indexOf(ENTRY_EVENT);

function readEvents() {
  let tick = 0;
  return data.events.map(([kind, delta, ...values]) => {
    const event = {kind: KINDS[kind], kindIndex: kind, tick: tick += delta, count: 1};
    values.forEach((value, i) => { event[FIELDS[SUBJECTS[kind]][i]] = value; });
    return event;
  });
}

// --- The tables ----------------------------------------------------------------------------------------------

class Model {
  constructor() {
    this.events = readEvents();
    this.position = 0;            // events that have happened
    this.controls = new Map([["mode", "none"], ["cr3", 0], ["pointers", []], ["wp", 0], ["pse", 0], ["nx", 0]]);
    this.guest = new Map();       // address of an entry -> entry
    this.known = new Map();       // page of a guest's table -> "now", or "before": nobody watches it any more
    this.guarded = new Map();     // page that is write-protected -> {level, since}
    this.tables = new Map();      // number -> {level, base, direct, user, entries}
    this.roots = new Map();       // "kernel 0" -> number of a directory
    this.trapped = new Map();     // page -> stores that trapped
    this.counts = KINDS.map(() => 0);
    this.causes = CAUSES.map(() => 0);
    this.undo = [];               // map, key and old value of each change
    this.undoStart = [0];         // by position
  }

  get mode() { return this.controls.get("mode"); }
  get geometry() { return GEOMETRY[this.mode]; }
  /** The event that led here. */
  get last() { return this.position === 0 ? null : this.events[this.position - 1]; }

  seek(position) {
    while (this.position < position) this.forward();
    while (this.position > position) this.back();
  }

  put(map, key, value) {
    this.undo.push(map, key, map.get(key));
    if (value === undefined) map.delete(key); else map.set(key, value);
  }

  forward() {
    const event = this.events[this.position];
    this.apply(event);
    this.counts[event.kindIndex] += event.count;
    if (event.kind === "hidden-fault") this.causes[event.cause] += event.count;
    this.position += 1;
    if (this.position === this.events.length) this.readUnwatched();
    this.undoStart[this.position] = this.undo.length;
  }

  back() {
    this.position -= 1;
    const event = this.events[this.position];
    this.counts[event.kindIndex] -= event.count;
    if (event.kind === "hidden-fault") this.causes[event.cause] -= event.count;
    while (this.undo.length > this.undoStart[this.position]) {
      const [map, key, old] = this.undo.splice(-3);
      if (old === undefined) map.delete(key); else map.set(key, old);
    }
  }

  apply(event) {
    if (SUBJECTS[event.kindIndex] === ENTRY_SUBJECT) this.changeEntry(event);
    switch (event.kind) {
      case "make":
        this.put(this.tables, event.table, {number: event.table, level: event.level, base: event.physical,
                                            direct: event.direct === 1, user: event.user === 1, entries: new Map()});
        break;
      case "drop": this.drop(event.table); break;
      case "activate":
        this.put(this.roots, `${event.user ? "user" : "kernel"} ${event.slot}`, event.table);
        break;
      case "protect": this.protect(event); break;
      case "release":
        this.put(this.guarded, pageOf(event.physical), undefined);
        this.put(this.known, pageOf(event.physical), "before");
        break;
      case "store": case "mark": this.put(this.guest, event.physical, entryOf(event.guest)); break;
      case "hidden-fault":
        if (CAUSES[event.cause] === "protected") {
          const page = pageOf(event.physical);
          this.put(this.trapped, page, (this.trapped.get(page) || 0) + 1);
        }
        break;
      case "root-switch":
        for (const key of ["mode", "cr3", "wp", "pse", "nx", "pointers"]) this.put(this.controls, key, event[key]);
        for (const key of [...this.roots.keys()]) this.put(this.roots, key, undefined);
        break;
    }
  }

  drop(number) {
    for (const table of this.tables.values()) {
      if (table.level !== 2) continue;
      for (const [slot, text] of table.entries) {
        if (shadowEntry(text).target === number) this.put(table.entries, slot, undefined);
      }
    }
    for (const [key, table] of [...this.roots]) {
      if (table === number) this.put(this.roots, key, undefined);
    }
    this.put(this.tables, number, undefined);
  }

  protect(event) {
    const page = pageOf(event.physical);
    this.put(this.guarded, page, {level: event.level, since: this.position + 1});
    this.learn(event.physical, event.snapshot);
  }

  /** The guest's table at `address` has these entries and no others. */
  learn(address, snapshot) {
    const {bytes, entries} = this.geometry;
    const now = new Map();
    for (let i = 0; i < snapshot.length; i += 2) now.set(snapshot[i], entryOf(snapshot[i + 1]));
    for (let slot = 0; slot < entries; ++slot) {
      const key = address + slot * bytes;
      if (now.has(slot) || this.guest.has(key)) this.put(this.guest, key, now.get(slot));
    }
    this.put(this.known, pageOf(address), "now");
  }

  /** At the end the guest's other tables were read too, and it is known where its descriptor tables are. */
  readUnwatched() {
    for (const [address, snapshot] of data.unwatched) this.learn(address, snapshot);
    for (const page of data.descriptorTables) {
      if (!this.guarded.has(page)) this.put(this.guarded, page, {level: 0, since: null});
    }
  }

  changeEntry(event) {
    const table = this.tables.get(event.table);
    this.put(table.entries, event.slot, shadowEntry(event.new).present ? event.new : undefined);
    if (event.physical >= 0) this.put(this.guest, event.physical, entryOf(event.guest));
  }

  // --- Questions ---

  /** Which pointer, of PAE's four, an address goes through. */
  gibOf(linear) { return this.mode === "pae" ? Math.floor(linear / 0x40000000) : 0; }

  guestDirectory(gib) {
    if (this.mode === "none") return null;
    if (this.mode === "32-bit") return this.controls.get("cr3") - this.controls.get("cr3") % PAGE;
    const pointer = entryOf(this.controls.get("pointers")[gib]);
    return has(pointer, GUEST.present) ? frameAddress(pointer, "pae") : null;
  }

  /** {known: "now" | "before" | "no", value} of an entry of a guest's table. */
  guestEntry(table, slot) {
    const known = table === null ? "no" : this.known.get(pageOf(table)) || "no";
    const value = known === "no" ? 0n : this.guest.get(table + slot * this.geometry.bytes) || 0n;
    return {known, value, address: table === null ? null : table + slot * this.geometry.bytes};
  }

  shadowDirectory(gib, side) { return this.tables.get(this.roots.get(`${side} ${gib}`)) || null; }

  /** An entry of a shadow table, or null. */
  entry(table, slot) {
    const text = table === null ? undefined : table.entries.get(slot);
    return text === undefined ? null : shadowEntry(text);
  }

  isLarge(directoryEntry) {
    return has(directoryEntry, GUEST.large) && (this.mode === "pae" || this.controls.get("pse") === 1);
  }

  /** Everything about one linear page. */
  translation(linear, side) {
    const {shift, entries} = this.geometry;
    const gib = this.gibOf(linear);
    const slot = Math.floor(linear / 2 ** shift) % entries;
    const tableSlot = pageOf(linear) % entries;
    const directory = this.guestDirectory(gib);
    const guest = {directory, directoryEntry: this.guestEntry(directory, slot), table: null, tableEntry: null,
                   page: null};
    guest.large = this.isLarge(guest.directoryEntry.value);
    if (this.mode === "none") {
      guest.page = linear - linear % PAGE;
    } else if (has(guest.directoryEntry.value, GUEST.present)) {
      if (guest.large) {
        guest.page = largeAddress(guest.directoryEntry.value, this.mode) + tableSlot * PAGE;
      } else {
        guest.table = frameAddress(guest.directoryEntry.value, this.mode);
        guest.tableEntry = this.guestEntry(guest.table, tableSlot);
        if (has(guest.tableEntry.value, GUEST.present)) guest.page = frameAddress(guest.tableEntry.value, this.mode);
      }
    }
    const shadow = {directory: this.shadowDirectory(gib, side), directoryEntry: null, table: null, leaf: null};
    shadow.directoryEntry = this.entry(shadow.directory, slot);
    if (shadow.directoryEntry) {
      shadow.table = this.tables.get(shadow.directoryEntry.target) || null;
      shadow.leaf = this.entry(shadow.table, tableSlot);
    }
    return {linear, gib, slot, tableSlot, guest, shadow};
  }

  /** What guest-physical memory is there (at the end of the run): {kind, frame}. */
  memoryAt(page) {
    for (const [first, pages, frame, writable] of data.memoryMap) {
      if (page < first || page >= first + pages) continue;
      if (frame < 0) return {kind: "device", frame: null};
      return {kind: writable ? "ram" : "rom", frame: frame + page - first};
    }
    return {kind: "device", frame: null};
  }

  /** The linear address and the entries that an event is about: {linear, level}, or null. */
  placeOf(event) {
    if (event === null) return null;
    if ("old" in event) return event.linear < 0 ? null : {linear: event.linear, level: event.level};
    if (event.kind === "hidden-fault" || event.kind === "true-fault") return {linear: event.linear, level: 1};
    if (event.kind !== "store" && event.kind !== "mark") return null;
    const base = event.physical - event.physical % PAGE;
    return this.placeInActiveRoot(base, event.slot);
  }

  placeInActiveRoot(base, slot) {
    const {shift} = this.geometry;
    for (const [key, number] of this.roots) {
      const directory = this.tables.get(number);
      const start = Number(key.split(" ")[1]) * 0x40000000;
      if (!directory || directory.direct) continue;
      if (directory.base === base) return {linear: start + slot * 2 ** shift, level: 2};
      for (const [directorySlot, text] of directory.entries) {
        const table = this.tables.get(shadowEntry(text).target);
        if (table && !table.direct && table.base === base)
          return {linear: start + directorySlot * 2 ** shift + slot * PAGE, level: 1};
      }
    }
    return null;
  }

  /** A linear address that the active root leads to that guest-physical page with, or null. */
  linearOf(page) {
    const {shift} = this.geometry;
    for (const [key, number] of this.roots) {
      const directory = this.tables.get(number);
      if (!directory) continue;
      for (const [slot, text] of directory.entries) {
        const table = this.tables.get(shadowEntry(text).target);
        if (!table) continue;
        for (const [tableSlot, leaf] of table.entries) {
          if (shadowEntry(leaf).page === page)
            return Number(key.split(" ")[1]) * 0x40000000 + slot * 2 ** shift + tableSlot * PAGE;
        }
      }
    }
    return null;
  }
}
