"use strict";
// Puts the parts together.

class View {
  constructor() {
    this.model = new Model();
    this.model.seek(this.model.events.length);
    this.side = "kernel";
    this.linear = 0;
    this.grids = new TableGrids(this);
    this.panel = new TranslationPanel(this);
    this.heat = new HeatMap(this);
    this.timeline = new Timeline(this);
    this.addressField = document.getElementById("address");
    this.showMachine();
    this.makeSides();
    document.getElementById("go").addEventListener("submit", (e) => this.submitAddress(e));
    document.getElementById("theme").addEventListener("click", () => this.switchTheme());
    document.addEventListener("keydown", (e) => this.key(e));
    this.linear = this.firstAddress();
    this.keepPlace = true;  // not that of the last event
    this.readPlace();
    this.moved();
    window.addEventListener("hashchange", () => { if (this.readPlace()) this.moved(); });
  }

  /** The page's address may name an event and a linear address: #118,00040000. */
  readPlace() {
    const place = /^#(\d+),([0-9a-f]{1,8})$/.exec(location.hash);
    if (place === null || place[0] === this.place) return false;
    this.model.seek(Math.min(Number(place[1]), this.model.events.length));
    this.linear = parseInt(place[2], 16);
    this.keepPlace = true;
    return true;
  }

  /** Soon, not at each step: browsers allow few changes at a time. */
  writePlace() {
    clearTimeout(this.placeTimer);
    this.placeTimer = setTimeout(() => {
      this.place = `#${this.model.position},${this.linear.toString(16)}`;
      history.replaceState(null, "", this.place);
    }, 400);
  }

  get at() { return this.model.translation(this.linear, this.side); }

  /** A page with something to see: one whose write right is withheld, else any that the shadow has. */
  firstAddress() {
    let first = 0;
    for (const event of this.model.events) {
      if (!("old" in event) || event.level !== 1 || event.linear < 0) continue;
      const {leaf} = this.model.translation(event.linear, this.side).shadow;
      if (leaf && leaf.withheld) return event.linear;
      if (leaf) first = event.linear;
    }
    return first;
  }

  /** Shows the page of a linear address. */
  look(linear) {
    this.linear = linear - linear % PAGE;
    this.showTables();
  }

  /** The timeline moved. */
  moved() {
    const place = this.model.placeOf(this.model.last);
    const stays = this.keepPlace || !document.getElementById("follow").checked;
    this.keepPlace = false;
    if (place !== null && !stays) this.linear = place.linear - place.linear % PAGE;
    this.timeline.show();
    this.heat.show();
    this.showTables();
  }

  showTables() {
    this.addressField.value = hex(this.linear);
    this.addressField.setCustomValidity("");
    const {controls, mode} = this.model;
    document.getElementById("root").textContent = mode === "none" ? "paging off"
      : `${mode === "pae" ? "PAE" : "32-bit"} paging · CR3 ${hex(controls.get("cr3"))} · WP ${controls.get("wp")} · ` +
        `PSE ${controls.get("pse")} · NX ${controls.get("nx")}`;
    this.grids.show();
    this.panel.show();
    this.writePlace();
  }

  submitAddress(event) {
    event.preventDefault();
    const text = this.addressField.value.trim().replace(/^0x/i, "");
    if (!/^[0-9a-f]{1,8}$/i.test(text)) {
      this.addressField.setCustomValidity("Use up to eight hexadecimal digits, e.g. c0100000.");
      this.addressField.reportValidity();
      return;
    }
    this.look(parseInt(text, 16));
  }

  showMachine() {
    const {memory, cpu, deprivilege, technique, sync, ticks} = data.machine;
    document.getElementById("machine").textContent =
      `${memory / 2 ** 20} MiB · ${cpu} · guest kernel at ${deprivilege} · ${technique} paging, ${sync} synchronisation · ${number(ticks)} instructions`;
  }

  /** With the guest's kernel at ring 3 there are two shadows. */
  makeSides() {
    if (data.machine.deprivilege !== "ring3") return;
    const sides = document.getElementById("sides");
    for (const side of ["kernel", "user"]) {
      const label = element("label");
      const box = Object.assign(document.createElement("input"), {type: "radio", name: "side", checked: side === this.side});
      box.addEventListener("change", () => { this.side = side; this.showTables(); });
      label.append(box, ` ${side}'s shadow`);
      sides.append(label);
    }
  }

  switchTheme() {
    const {dataset} = document.documentElement;
    dataset.theme = dataset.theme === "dark" ? "light" : "dark";
    this.timeline.drawStrip();
    this.heat.show();
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const typing = event.target.matches("input:not([type=checkbox]):not([type=radio]), select");
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const onButton = event.target.matches("button, input");
    const actions = {
      ArrowLeft: () => this.timeline.step(-1), ArrowRight: () => this.timeline.step(1),
      Home: () => this.timeline.go(0), End: () => this.timeline.go(this.model.events.length),
      "/": () => { this.addressField.focus(); this.addressField.select(); }, t: () => this.switchTheme(),
    };
    if (!onButton) actions[" "] = () => this.timeline.play();
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  }
}

document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
const view = new View();
