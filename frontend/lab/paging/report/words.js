"use strict";
// What happened, and why guest and shadow differ, in words.

const hex = (value, digits = 8) => "0x" + value.toString(16).padStart(digits, "0");
const frameName = (page) => "0x" + page.toString(16);
const number = (value) => value.toLocaleString("en-US");
const plural = (count, one, many = one + "s") => `${number(count)} ${count === 1 ? one : many}`;

const LEVEL_NAMES = {0: "descriptor table", 1: "page table", 2: "page directory"};

const sinceWords = (guarded) => guarded.since === null ? "write-protected"
  : `write-protected since event ${number(guarded.since)}`;

const KIND_HELP = {
  "make": "an empty shadow table was made",
  "drop": "a shadow table went",
  "activate": "a shadow directory came into the active root",
  "fill": "a shadow entry was made from the guest's",
  "sync": "a shadow entry followed a store to the guest's",
  "withhold": "a shadow entry lost its write rights to protection",
  "grant": "a shadow entry got its write rights back from protection",
  "break": "a fault was put in on purpose",
  "protect": "a frame with a table was write-protected",
  "release": "a frame was freed from protection",
  "store": "an entry of a watched table was stored to",
  "mark": "an accessed or dirty bit was set",
  "hidden-fault": "a page fault that the guest never sees",
  "true-fault": "a page fault that is the guest's own",
  "root-switch": "CR3 or paging controls changed",
  "evict": "a shadow table was given up for its memory",
};
const CAUSE_HELP = {
  "missing": "the shadow lacked the entry or a right",
  "protected": "a store to a write-protected frame",
  "device": "an access to a device's page",
};

function rightsWords(rights) {
  const layout = data.layout;
  const write = (rights & layout.supervisorWrite) && (rights & layout.userWrite) ? "write"
    : rights & layout.supervisorWrite ? "supervisors write" : rights & layout.userWrite ? "users write" : "read-only";
  return [rights & layout.user ? "user" : "supervisor", write, rights & layout.execute ? "execute" : "no execute"]
    .join(", ");
}

function accessWords(error) {
  const what = error & 16 ? "An instruction fetch" : error & 2 ? "A store" : "A read";
  return `${what} by ${error & 4 ? "user code" : "supervisor code"}`;
}

const TABLE_SENTENCES = {
  "make": (e) => e.direct
    ? `Shadow ${LEVEL_NAMES[e.level]} ${e.table} is made, empty. No guest's table is behind it: it maps memory from ` +
      `${hex(e.physical)} on, because the guest's paging is off or the page is a large one.`
    : `Shadow ${LEVEL_NAMES[e.level]} ${e.table} is made, empty, for the guest's at ${hex(e.physical)}.`,
  "drop": (e) => `Shadow ${LEVEL_NAMES[e.level]} ${e.table} is dropped, with all entries in it and to it.`,
  "activate": (e) => `Shadow page directory ${e.table} translates from here on` +
    (e.direct ? ": the guest's paging is off." : `, for the guest's at ${hex(e.physical)}.`),
  "protect": (e) => `Frame ${frameName(pageOf(e.physical))} is write-protected from here on: it holds the guest's ` +
    `${LEVEL_NAMES[e.level]}, and stores to it must not pass unseen.`,
  "release": (e) => `Frame ${frameName(pageOf(e.physical))} is no longer write-protected: stores to it pass unseen.`,
  "evict": (e) => `Shadow ${LEVEL_NAMES[e.level]} ${e.table} is given up: its memory is needed for another.`,
};

function whereWords(event) {
  return event.linear >= 0 ? `linear ${hex(event.linear)}`
    : `entry ${event.slot} of shadow ${LEVEL_NAMES[event.level]} ${event.table}, not in the active root`;
}

function entrySentence(event) {
  const old = shadowEntry(event.old);
  const now = shadowEntry(event.new);
  const guest = event.physical < 0 ? "" : ` The guest's entry at ${hex(event.physical)} is ${hex(entryOf(event.guest))}.`;
  const target = event.level === 2 ? `shadow page table ${now.target}` : `host frame ${frameName(now.target)}`;
  const where = whereWords(event);
  if (event.kind === "withhold")
    return `Write is withheld at ${where}: host frame ${frameName(now.target)} holds a table now.${guest}`;
  if (event.kind === "grant")
    return `Write is given back at ${where}: host frame ${frameName(now.target)} is no longer write-protected.${guest}`;
  if (event.kind === "break")
    return `A fault was put in on purpose at ${where}: from here on the shadow may be wrong.${guest}`;
  if (event.kind === "fill") {
    const how = old.present ? "gains rights" : "is filled";
    return `The shadow ${event.level === 2 ? "directory entry" : "entry"} for ${where} ${how}: to ${target} ` +
      `(${rightsWords(now.rights)}${now.withheld ? "; write withheld" : ""}).${guest}`;
  }
  if (!now.present)
    return `The shadow entry for ${where} is dropped: the guest's no longer says what it did.${guest}`;
  return `The shadow entry for ${where} follows the guest's: to ${target}, now ${rightsWords(now.rights)}, ` +
    `was ${rightsWords(old.rights)}.${guest}`;
}

function faultSentence(event) {
  const access = accessWords(event.error);
  const linear = `linear ${hex(event.linear)}`;
  if (event.kind === "true-fault")
    return `${access} to ${linear}: the guest's own tables deny it. A true page fault: the guest's handler gets it.`;
  switch (CAUSES[event.cause]) {
    case "protected":
      return `${access} to ${linear} meets a write-protected frame (guest-physical ${hex(event.physical)}): the monitor ` +
        "lets just this store through and brings the shadow in line.";
    case "device":
      return `${event.count === 1 ? "An access" : plural(event.count, "access", "accesses")} to ${linear}, ` +
        `guest-physical ${hex(event.physical)}, ${event.count === 1 ? "goes" : "go"} to a device: such pages never are ` +
        "in the shadow.";
    default:
      return `${access} to ${linear} was a hidden fault: the guest's tables allow it, the shadow lacked it. The monitor ` +
        "has just filled what was missing; the guest never sees it.";
  }
}

function rootSentence(event) {
  const mode = event.mode === "none" ? "paging off" : event.mode === "pae" ? "PAE paging" : "32-bit paging";
  const controls = `${mode}, WP ${event.wp}, PSE ${event.pse}, NX ${event.nx}`;
  return event.cr3 === event.oldCr3
    ? `The paging controls changed: ${controls}; CR3 stays ${hex(event.cr3)}.`
    : `Another root: CR3 goes from ${hex(event.oldCr3)} to ${hex(event.cr3)} (${controls}).`;
}

/** One event as a sentence. */
function sentence(event) {
  if (event === null) return "The run begins: no shadow table is there yet.";
  if (event.kind in TABLE_SENTENCES) return TABLE_SENTENCES[event.kind](event);
  if (event.kind === "root-switch") return rootSentence(event);
  if (event.kind === "store")
    return `The guest's ${LEVEL_NAMES[event.level]} entry at ${hex(event.physical)} was stored to: it is ` +
      `${hex(entryOf(event.guest))} now.`;
  if (event.kind === "mark")
    return `The monitor set the accessed or dirty bit in the guest's ${LEVEL_NAMES[event.level]} entry at ` +
      `${hex(event.physical)}, as hardware would: it is ${hex(entryOf(event.guest))} now.`;
  if ("error" in event) return faultSentence(event);
  return "old" in event ? entrySentence(event) : `${event.kind}.`;
}

// --- Differences ---------------------------------------------------------------------------------------------

const RING1_RIGHTS = (entry, wp) => {
  const layout = data.layout;
  const write = has(entry, GUEST.write);
  return (has(entry, GUEST.user) ? layout.user : 0) | (write || !wp ? layout.supervisorWrite : 0) |
    (write ? layout.userWrite : 0) | (has(entry, GUEST.noExecute) ? 0 : layout.execute);
};

/** What the guest's entries give together, in the shadow's terms; null if nothing is mapped or known. */
function guestRights(model, at) {
  const wp = model.controls.get("wp") === 1;
  if (model.mode === "none") return data.layout.user | data.layout.supervisorWrite | data.layout.userWrite | data.layout.execute;
  if (at.guest.page === null) return null;
  const entries = at.guest.large ? [at.guest.directoryEntry] : [at.guest.directoryEntry, at.guest.tableEntry];
  return entries.map((e) => RING1_RIGHTS(e.value, wp)).reduce((a, b) => a & b);
}

function guestProblem(model, at) {
  const {guest} = at;
  if (model.mode === "none") return null;
  if (guest.directory === null)
    return "The guest's directory pointer is not present: an access is a true page fault, which the guest gets.";
  if (guest.directoryEntry.known === "no")
    return "The guest's page directory has not been looked at yet: it is read when an access needs it.";
  if (!has(guest.directoryEntry.value, GUEST.present))
    return "The guest's directory entry is not present: an access is a true page fault, which the guest gets.";
  if (guest.large) return null;
  if (guest.tableEntry.known === "no")
    return "The guest's page table has not been looked at yet: the first access walks it, and makes a shadow of it.";
  if (!has(guest.tableEntry.value, GUEST.present))
    return "The guest's table entry is not present: an access is a true page fault, which the guest gets.";
  return null;
}

function missingWords(model, at) {
  const last = at.guest.large || !at.guest.tableEntry ? at.guest.directoryEntry : at.guest.tableEntry;
  const words = [];
  if (at.shadow.directory === null) words.push("No shadow directory is in the active root for this address.");
  if (model.mode !== "none" && !has(last.value, GUEST.accessed))
    words.push("The guest's accessed bit is 0: the shadow must not hold the entry before the first access sets it.");
  words.push(at.shadow.directoryEntry
    ? "Not in the shadow yet: the first access makes a hidden fault, and the monitor fills the entry."
    : "Not in the shadow yet, nor is a shadow table linked: the first access makes a hidden fault, and the monitor " +
      "links one and fills the entry.");
  return words;
}

function writeWords(model, at, rights) {
  const {leaf, directoryEntry} = at.shadow;
  const layout = data.layout;
  const granted = leaf.rights & directoryEntry.rights;
  const write = layout.supervisorWrite | layout.userWrite;
  const words = [];
  if (leaf.withheld) {
    const guarded = model.guarded.get(leaf.page);
    words.push(guarded
      ? `Guest: writable; shadow: write withheld, because the frame holds the guest's ${LEVEL_NAMES[guarded.level]} ` +
        `(${sinceWords(guarded)}).`
      : "Guest: writable; shadow: write withheld, because the frame holds a descriptor table.");
  } else if ((rights & write) !== 0 && (granted & write) === 0) {
    const last = at.guest.large ? at.guest.directoryEntry : at.guest.tableEntry;
    if (model.memoryAt(leaf.page).kind === "rom") {
      words.push("Guest: writable; shadow: read-only, because ROM is there.");
    } else if (last && !has(last.value, GUEST.dirty)) {
      words.push("Guest: writable; shadow: read-only until the first store, which sets the guest's dirty bit.");
    } else {
      words.push("Guest: writable; shadow: read-only: the next store makes a hidden fault.");
    }
  }
  if (model.mode !== "none" && !model.controls.get("wp") && (granted & write) === layout.supervisorWrite)
    words.push("Guest: read-only, but CR0.WP is 0, so supervisors may write. The physical WP is always 1: the shadow " +
               "has a write right for supervisors alone.");
  return words;
}

/** Why the shadow of a page is as it is: sentences; `kind` says how the page stands. */
function explain(model, at, side) {
  const problem = guestProblem(model, at);
  const {leaf} = at.shadow;
  if (problem !== null) {
    const words = [problem];
    if (leaf) words.push("The shadow still has the page: it is behind the guest until the guest invalidates it.");
    return {kind: leaf ? "behind" : "absent", words};
  }
  const rights = guestRights(model, at);
  const memory = model.memoryAt(pageOf(at.guest.page));
  if (!leaf && memory.kind === "device")
    return {kind: "device", words: ["Guest-physical memory there is a device's, or nothing at all: such pages never are in " +
                                    "the shadow. Each access traps, and the monitor asks the device."]};
  if (!leaf) return {kind: "missing", words: missingWords(model, at)};
  if (leaf.page !== pageOf(at.guest.page))
    return {kind: "behind", words: [`The shadow maps guest page ${frameName(leaf.page)}, the guest's entry says ` +
                                    `${frameName(pageOf(at.guest.page))} by now: allowed until the guest invalidates it.`]};
  const words = writeWords(model, at, rights);
  if (data.machine.deprivilege === "ring3" && side === "kernel")
    words.push("The guest's kernel runs at ring 3: in its shadow every page is a user page.");
  if (words.length === 0) words.push("Guest and shadow agree: accesses run at full speed, nobody is asked.");
  return {kind: leaf.withheld ? "withheld" : "same", words};
}
