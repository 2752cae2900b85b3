// A film: its frames with what was outlined on them, played by the times at which they were taken, however unevenly they lie.
import { fetchFrames, fetchOutlines } from "./frames.js";
import { isRed } from "./marks.js";

const MORE = 10;
const NIGHT = "rgb(166 166 166)", RED = "rgb(255 64 56)";
const FILLED = "bolus";
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

class Film {
  constructor(root) {
    this.root = root;
    this.times = JSON.parse(root.dataset.times);
    this.length = this.times.at(-1);
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.slider = root.querySelector("[data-film-slider]");
    this.names = [...root.querySelectorAll("[data-film-name]")].map((element) => ({
      name: element.dataset.filmName, said: element.textContent.trim(), colour: getComputedStyle(element).getPropertyValue("--mark").trim(),
    }));
    this.speed = 1;
    this.outlined = true;
    this.plays = root.hasAttribute("data-plays") && !still();
    this.number = this.plays ? 0 : Number(root.dataset.start);
    this.position = this.times[this.number];
    this.listen();
    this.say();
    this.load();
    new ResizeObserver(() => this.show()).observe(this.canvas);
  }

  part(name) {
    return this.root.querySelector(`[data-film-${name}]`);
  }

  note(name, hidden) {
    const element = this.part(name);
    if (element) element.hidden = hidden;
  }

  async load() {
    const { frames, outlines } = this.root.dataset;
    const [pictures, lines] = await Promise.allSettled([fetchFrames(frames), outlines ? fetchOutlines(outlines) : Promise.reject(new Error("none"))]);
    this.frames = pictures.value;
    this.outlines = lines.value;
    this.note("loading", true);
    this.note("failed", Boolean(this.frames));
    this.note("no-outlines", Boolean(this.outlines));
    this.part("outlines").disabled = !this.outlines;
    this.root.dataset.filmState = this.frames ? "shown" : "failed";
    await this.show();
    if (this.plays) this.play();
  }

  // The frame that is seen at a moment: the last that was taken by then.
  at(seconds) {
    let low = 0, high = this.times.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.times[middle] <= seconds + 1e-6) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  play() {
    if (this.playing) return;
    if (this.number === this.times.length - 1) this.position = 0;
    let before = performance.now();
    const step = (now) => {
      this.position = Math.min(this.length, this.position + (Math.max(0, now - before) / 1000) * this.speed);
      before = now;
      this.turn(this.at(this.position));
      if (this.position >= this.length) this.pause();
      else this.playing = requestAnimationFrame(step);
    };
    this.playing = requestAnimationFrame(step);
    this.mark();
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = 0;
    this.mark();
  }

  // A person chose a frame, so it stays.
  seek(number) {
    this.pause();
    const own = Math.min(this.times.length - 1, Math.max(0, number));
    this.position = this.times[own];
    this.turn(own);
  }

  turn(number) {
    if (number === this.number) return;
    this.number = number;
    this.say();
    this.show();
  }

  // One at a time; whatever is the frame when a picture is ready is drawn next.
  async show() {
    this.stale = true;
    if (this.showing || !this.root.dataset.filmState) return;
    this.showing = true;
    while (this.stale) {
      this.stale = false;
      const { number } = this;
      const picture = (await this.frames?.at(number)) ?? null;
      this.draw(number, picture);
      this.root.dataset.filmDrawn = number;
    }
    this.showing = false;
  }

  draw(number, picture) {
    const { canvas, context, root } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio)), height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalCompositeOperation = "source-over";
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    const { rows, columns } = root.dataset;
    const factor = Math.min(width / columns, height / rows);
    const place = [(width - columns * factor) / 2, (height - rows * factor) / 2, columns * factor, rows * factor];
    this.note("broken", Boolean(picture) || !this.frames);
    if (picture) {
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, ...place);
      this.dim(place);
    }
    const outlines = this.outlined && this.outlines?.[number];
    if (!outlines) return;
    context.setTransform(factor, 0, 0, factor, place[0], place[1]);
    for (const one of this.names) if (outlines[one.name]) this.line(outlines[one.name], one, ratio / factor);
    if (isRed()) for (const one of this.names) if (outlines[one.name]) this.called(outlines[one.name], one, ratio / factor);
  }

  // Nothing white shines at night, and nothing but red where eyes are used to the dark.
  dim(place) {
    const { theme } = document.documentElement.dataset;
    if (theme === "day") return;
    this.context.globalCompositeOperation = "multiply";
    this.context.fillStyle = theme === "red" ? RED : NIGHT;
    this.context.fillRect(...place);
    this.context.globalCompositeOperation = "source-over";
  }

  // `pixel`: of the screen, in those of the original.
  line(polygons, { name, colour }, pixel) {
    const { context } = this;
    const path = new Path2D();
    for (const polygon of polygons) {
      polygon.forEach(([x, y], at) => (at ? path.lineTo(x, y) : path.moveTo(x, y)));
      path.closePath();
    }
    context.lineJoin = "round";
    context.strokeStyle = "rgb(0 0 0 / 0.6)";
    context.lineWidth = 5 * pixel;
    context.stroke(path);
    if (name === FILLED) {
      context.globalAlpha = 0.35;
      context.fillStyle = colour;
      context.fill(path);
      context.globalAlpha = 1;
    }
    context.strokeStyle = colour;
    context.lineWidth = 2.5 * pixel;
    // As on every picture: dashed is not proven.
    context.setLineDash(this.root.hasAttribute("data-proven") ? [] : [9 * pixel, 6 * pixel]);
    context.stroke(path);
    context.setLineDash([]);
  }

  // Where colours do not tell them apart, their names do.
  called(polygons, { said, colour }, pixel) {
    const { context } = this;
    const largest = polygons.reduce((one, other) => (other.length > one.length ? other : one));
    const xs = largest.map(([x]) => x), ys = largest.map(([, y]) => y);
    const x = (Math.min(...xs) + Math.max(...xs)) / 2, y = (Math.min(...ys) + Math.max(...ys)) / 2;
    context.font = `700 ${15 * pixel}px Pretendard, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 4 * pixel;
    context.strokeStyle = "#000";
    context.strokeText(said, x, y);
    context.fillStyle = colour;
    context.fillText(said, x, y);
  }

  say() {
    const { root, number, times } = this;
    const frame = root.dataset.saysFrame.replace("{n}", number + 1);
    const time = root.hasAttribute("data-timed") ? root.dataset.saysAt.replace("{s}", times[number].toFixed(2)) : root.dataset.saysUntimed;
    this.part("time").textContent = time;
    this.part("frame").textContent = frame;
    this.slider.setAttribute("aria-valuenow", number);
    this.slider.setAttribute("aria-valuetext", `${time}, ${frame}`);
    const share = `${100 * (this.length ? times[number] / this.length : 0)}%`;
    for (const element of root.querySelectorAll("[data-film-head]")) for (const name of ["x1", "x2", "cx"]) if (element.hasAttribute(name)) element.setAttribute(name, share);
    // The last moment that was reached.
    const keys = [...root.querySelectorAll("[data-film-to]")];
    const reached = keys.filter((key) => Number(key.dataset.filmTo) <= number).at(-1);
    for (const key of keys) key.setAttribute("aria-current", String(key === reached));
    root.dataset.filmNumber = number;
  }

  mark() {
    const playing = Boolean(this.playing);
    this.root.toggleAttribute("data-playing", playing);
    this.part("play").setAttribute("aria-label", playing ? this.root.dataset.saysPause : this.root.dataset.saysPlay);
    for (const button of this.root.querySelectorAll("[data-film-speed]")) button.setAttribute("aria-pressed", String(Number(button.dataset.filmSpeed) === this.speed));
    this.part("outlines").setAttribute("aria-pressed", String(this.outlined && Boolean(this.outlines)));
  }

  act(action) {
    if (action === "play") this.playing ? this.pause() : this.play();
    else if (action === "back") this.seek(this.number - 1);
    else if (action === "on") this.seek(this.number + 1);
    else if (action === "outlines") {
      this.outlined = !this.outlined;
      this.show();
    }
    this.mark();
  }

  listen() {
    const { root, slider } = this;
    root.addEventListener("click", (event) => {
      const { filmAction, filmTo, filmSpeed } = event.target.closest("button")?.dataset ?? {};
      if (filmAction) this.act(filmAction);
      else if (filmTo) this.seek(Number(filmTo));
      else if (filmSpeed) {
        this.speed = Number(filmSpeed);
        this.mark();
      }
    });
    const pull = (event) => {
      const track = this.part("track").getBoundingClientRect();
      const seconds = Math.min(1, Math.max(0, (event.clientX - track.left) / track.width)) * this.length;
      const before = this.at(seconds), after = Math.min(before + 1, this.times.length - 1);
      this.seek(this.times[after] - seconds < seconds - this.times[before] ? after : before);
    };
    slider.addEventListener("pointerdown", (event) => {
      slider.setPointerCapture(event.pointerId);
      pull(event);
    });
    slider.addEventListener("pointermove", (event) => { if (slider.hasPointerCapture(event.pointerId)) pull(event); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.playing) this.pause(); });
    document.addEventListener("keydown", (event) => { if (this.key(event)) event.preventDefault(); });
  }

  // Returns whether the key was one of the player's. A button that has the keys is pressed by them.
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector(":popover-open")) return false;
    const by = event.shiftKey ? MORE : 1;
    const onButton = event.target instanceof Element && event.target.closest("button, a");
    if (event.code === "Escape") document.querySelector("[data-film-leave]").click();
    else if (event.code === "ArrowLeft") this.seek(this.number - by);
    else if (event.code === "ArrowRight") this.seek(this.number + by);
    else if (event.code === "Home") this.seek(0);
    else if (event.code === "End") this.seek(this.times.length - 1);
    else if (event.code === "Space" && !onButton) this.act("play");
    else if (event.code === "KeyO" && this.outlines) this.act("outlines");
    else return false;
    return true;
  }
}

// Module scripts run when the page is there.
for (const root of document.querySelectorAll("[data-film]")) new Film(root);
