"use strict";
// Stepping through the events, and counting them.

class Timeline {
  constructor(view) {
    this.view = view;
    this.model = view.model;
    this.total = this.model.events.length;
    this.wanted = new Set(KINDS);
    this.timer = null;
    const byId = (id) => document.getElementById(id);
    this.slider = byId("slider");
    this.slider.max = this.total;
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    byId("first").addEventListener("click", () => this.go(0));
    byId("last").addEventListener("click", () => this.go(this.total));
    byId("back").addEventListener("click", () => this.step(-1));
    byId("forward").addEventListener("click", () => this.step(1));
    byId("play").addEventListener("click", () => this.play());
    byId("speed").addEventListener("change", () => { if (this.timer !== null) { this.stop(); this.play(); } });
    this.strip = byId("strip");
    this.strip.addEventListener("click", (e) => this.go(Math.round(e.offsetX / this.strip.clientWidth * this.total)));
    new ResizeObserver(() => this.drawStrip()).observe(this.strip);
    this.makeCounts();
    if (data.counts.cut) {
      byId("cut").hidden = false;
      byId("cut").textContent = `The run went on: of its ${number(data.counts.told)} events the page holds the first ` +
        `${number(data.counts.kept)}. To look at a later part, save a state there and make a report from --load-state.`;
    }
  }

  go(position) {
    this.model.seek(Math.max(0, Math.min(this.total, position)));
    this.view.moved();
  }

  /** To the next event of a kind that is wanted. */
  step(direction) {
    let position = this.model.position;
    do position += direction; while (position > 0 && position < this.total &&
                                     !this.wanted.has(this.model.events[position - 1].kind));
    this.go(position);
  }

  play() {
    if (this.timer !== null) return this.stop();
    if (this.model.position === this.total) this.go(0);
    const speed = Number(document.getElementById("speed").value);
    const interval = Math.max(50, 1000 / speed);
    const steps = Math.max(1, Math.round(speed * interval / 1000));
    this.timer = setInterval(() => {
      if (steps === 1) this.step(1); else this.go(this.model.position + steps);
      if (this.model.position === this.total) this.stop();
    }, interval);
    this.showPlay();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.showPlay();
  }

  showPlay() { document.getElementById("play").textContent = this.timer === null ? "▶ Play" : "⏸ Pause"; }

  makeCounts() {
    const body = document.querySelector("#counts tbody");
    const most = Math.max(1, ...data.counts.kinds.map(([, count]) => count));
    const row = (name, help, total, id, box) => {
      const line = element("tr");
      const first = element("td");
      if (box) first.append(box);
      const bar = element("td");
      bar.append(element("i", undefined, "count-bar " + id.split(" ")[0]));
      bar.firstChild.style.width = `${Math.sqrt(total / most) * 100}%`;
      const here = element("td", "0");
      here.id = "count-" + id.replace(" ", "-");
      line.title = help;
      const title = element("td", box ? undefined : name);
      if (box) title.append(this.nextButton(name));
      line.append(first, title, here, element("td", number(total)), bar);
      body.append(line);
    };
    data.counts.kinds.forEach(([kind, total]) => {
      const box = Object.assign(document.createElement("input"), {type: "checkbox", checked: true});
      box.setAttribute("aria-label", `stop at ${kind}`);
      box.addEventListener("change", () => { if (box.checked) this.wanted.add(kind); else this.wanted.delete(kind); });
      row(kind, KIND_HELP[kind] || kind, total, kind, box);
      if (kind !== "hidden-fault") return;
      for (const [cause, count] of data.counts.causes) row(`… ${cause}`, CAUSE_HELP[cause], count, `${kind} ${cause}`, null);
    });
  }

  /** Leads to the next event of a kind; behind the last one, to the first. */
  nextButton(kind) {
    const button = Object.assign(element("button", kind, "next"), {type: "button", title: `To the next ${kind}`});
    button.addEventListener("click", () => {
      const {events, position} = this.model;
      let next = events.findIndex((event, i) => i >= position && event.kind === kind);
      if (next < 0) next = events.findIndex((event) => event.kind === kind);
      if (next >= 0) this.go(next + 1);
    });
    return button;
  }

  show() {
    const {position, last} = this.model;
    this.slider.value = position;
    document.getElementById("position").textContent = `event ${number(position)} of ${number(this.total)}` +
      (last === null ? "" : ` · ${last.kind} · after ${number(last.tick)} instructions`);
    document.getElementById("sentence").textContent = sentence(last);
    document.getElementById("sentence").className = last === null ? "" : last.kind;
    KINDS.forEach((kind, i) => { document.getElementById("count-" + kind).textContent = number(this.model.counts[i]); });
    CAUSES.forEach((cause, i) => {
      document.getElementById(`count-hidden-fault-${cause}`).textContent = number(this.model.causes[i]);
    });
    this.drawStrip();
  }

  /** How many events of each kind came when: columns of equal numbers of events. */
  columns(width) {
    if (this.cached && this.cached.length === width) return this.cached;
    this.cached = Array.from({length: width}, () => new Map());
    this.model.events.forEach((event, i) => {
      const column = this.cached[Math.floor(i / this.total * width)];
      column.set(event.kind, (column.get(event.kind) || 0) + 1);
    });
    return this.cached;
  }

  drawStrip() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.strip.clientWidth, 44];
    if (width === 0) return;
    Object.assign(this.strip, {width: width * ratio, height: height * ratio});
    const context = this.strip.getContext("2d");
    context.scale(ratio, ratio);
    const styles = getComputedStyle(document.documentElement);
    const columns = this.columns(Math.max(1, Math.min(this.total, Math.floor(width / 3))));
    const step = width / columns.length;
    columns.forEach((column, i) => {
      const sum = [...column.values()].reduce((a, b) => a + b, 0);
      let top = 0;
      for (const kind of KINDS) {
        const part = (column.get(kind) || 0) / sum * height;
        context.fillStyle = styles.getPropertyValue("--" + kind) || styles.getPropertyValue("--muted");
        context.fillRect(i * step, top, step - (step > 4 ? 1 : 0), part);
        top += part;
      }
    });
    context.fillStyle = styles.getPropertyValue("--text");
    context.fillRect(Math.min(width - 2, this.model.position / Math.max(1, this.total) * width), 0, 2, height);
  }
}
