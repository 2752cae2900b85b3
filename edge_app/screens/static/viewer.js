// The picture: 16-bit pixels through a window onto a canvas, with zoom, pan, numbered boxes and a heat map.
import { decodeImage, decodePixels, grey, table } from "./pixels.js";

const MAX_ZOOM = 12;
const DOUBLE_TAP_MS = 320;
const views = new WeakMap();

class View {
  constructor(element) {
    this.element = element;
    this.canvas = element.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.overlay = element.querySelector("[data-viewer-overlay]");
    this.show = { boxes: true, heat: false, outlines: true, lines: false };
    this.boxes = JSON.parse(element.dataset.boxes || "[]");
    this.pointers = new Map();
    this.tapAt = 0;
    this.load();
    this.listen();
  }

  async load() {
    const { pixels, image, imageScale } = this.element.dataset;
    try {
      this.picture = pixels ? await decodePixels(pixels) : await decodeImage(image, Number(imageScale || 1));
    } catch {
      this.element.querySelector("[data-viewer-loading]").hidden = true;
      this.element.querySelector("[data-viewer-failed]").hidden = false;
      this.element.dataset.viewerState = "failed";
      return;
    }
    this.element.querySelector("[data-viewer-loading]").hidden = true;
    this.original = { ...this.picture.window };
    this.surface = new OffscreenCanvas(this.picture.columns, this.picture.rows);
    this.reset();
    this.element.dataset.viewerState = "shown";
    if (this.element.dataset.map) this.loadHeat();
  }

  async loadHeat() {
    try {
      const { canvas, context, data } = await grey(this.element.dataset.map);
      const [r, g, b] = document.documentElement.dataset.theme === "red" ? [255, 190, 180] : [255, 176, 48];
      for (let i = 0; i < data.data.length; i += 4) {
        // Never so strong that what lies beneath cannot be seen.
        const strength = data.data[i];
        data.data[i] = r; data.data[i + 1] = g; data.data[i + 2] = b;
        data.data[i + 3] = strength < 40 ? 0 : Math.min(128, (strength - 40) * 0.8);
      }
      context.putImageData(data, 0, 0);
      this.heat = canvas;
      this.draw();
    } catch {
      this.element.dataset.heatState = "failed";
      this.buttons("heat").forEach((button) => { button.disabled = true; });
    }
  }

  reset() {
    this.window = { ...this.original };
    this.zoom = 1;
    this.centre = { x: 0.5, y: 0.5 };
    this.paint();
  }

  // Values to grey, once a change of window; moving the picture only redraws.
  paint() {
    const { values, columns, rows } = this.picture;
    const lut = table(this.window);
    const red = document.documentElement.dataset.theme === "red";
    const out = new ImageData(columns, rows);
    const words = new Uint32Array(out.data.buffer);
    const colours = new Uint32Array(65536);
    for (let value = 0; value < 65536; value += 1) {
      const g = lut[value];
      colours[value] = red ? (0xff000000 | ((g * 0.22) << 16) | ((g * 0.25) << 8) | g) >>> 0 : (0xff000000 | (g << 16) | (g << 8) | g) >>> 0;
    }
    for (let i = 0; i < values.length; i += 1) words[i] = colours[values[i]];
    this.surface.getContext("2d").putImageData(out, 0, 0);
    this.draw();
  }

  // Where picture pixel (0, 0) lies on the canvas, and canvas pixels per picture pixel.
  placed() {
    const { columns, rows } = this.picture;
    const { width, height } = this.canvas;
    const factor = Math.min(width / columns, height / rows) * this.zoom;
    return { factor, left: width / 2 - this.centre.x * columns * factor, top: height / 2 - this.centre.y * rows * factor };
  }

  draw() {
    if (!this.picture) return;
    const ratio = window.devicePixelRatio || 1;
    const rectangle = this.element.getBoundingClientRect();
    const width = Math.max(1, Math.round(rectangle.width * ratio));
    const height = Math.max(1, Math.round(rectangle.height * ratio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const context = this.context;
    const { factor, left, top } = this.placed();
    const w = this.picture.columns * factor;
    const h = this.picture.rows * factor;
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = factor < 3;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.surface, left, top, w, h);
    if (this.show.heat && this.heat) context.drawImage(this.heat, left, top, w, h);
    if (this.overlay) this.drawOverlay(factor / this.picture.scale, left, top, ratio);
    if (this.show.boxes) for (const box of this.boxes) this.drawBox(box, factor / this.picture.scale, { left, top, right: left + w, bottom: top + h }, ratio);
  }

  // Vectors follow the picture by their view box, and keep their thickness and the size of their letters.
  drawOverlay(factor, left, top, ratio) {
    const { width, height } = this.canvas;
    this.overlay.setAttribute("viewBox", `${-left / factor} ${-top / factor} ${width / factor} ${height / factor}`);
    this.overlay.style.setProperty("--px", String(ratio / factor));
    for (const layer of this.overlay.querySelectorAll("[data-viewer-layer]")) layer.toggleAttribute("hidden", !this.show[layer.dataset.viewerLayer]);
  }

  drawBox(box, factor, picture, ratio) {
    const context = this.context;
    // Where a box ends with the picture its line lies within, not half beyond.
    const inset = 3 * ratio;
    const x = Math.max(picture.left + box.x * factor, picture.left + inset), y = Math.max(picture.top + box.y * factor, picture.top + inset);
    const w = Math.min(picture.left + (box.x + box.width) * factor, picture.right - inset) - x;
    const h = Math.min(picture.top + (box.y + box.height) * factor, picture.bottom - inset) - y;
    const arm = Math.min(w, h, 90 * ratio) * 0.22;
    const red = document.documentElement.dataset.theme === "red";
    for (const [colour, thick] of [["rgba(0,0,0,0.75)", 6], [red ? "#ff5347" : "#fff", 3]]) {
      context.strokeStyle = colour;
      context.lineWidth = thick * ratio;
      context.lineCap = "square";
      context.beginPath();
      for (const [cx, cy, sx, sy] of [[x, y, 1, 1], [x + w, y, -1, 1], [x, y + h, 1, -1], [x + w, y + h, -1, -1]]) {
        context.moveTo(cx + sx * arm, cy);
        context.lineTo(cx, cy);
        context.lineTo(cx, cy + sy * arm);
      }
      context.stroke();
    }
    const side = 24 * ratio;
    const tagX = Math.min(Math.max(x, 4 * ratio), this.canvas.width - side - 4 * ratio);
    const tagY = Math.min(Math.max(y - side - 4 * ratio, 4 * ratio), this.canvas.height - side - 4 * ratio);
    context.fillStyle = red ? "#ff5347" : "#fff";
    context.beginPath();
    context.roundRect(tagX, tagY, side, side, 5 * ratio);
    context.fill();
    context.fillStyle = "#0b1520";
    context.font = `800 ${17 * ratio}px Pretendard, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(box.number), tagX + side / 2, tagY + side / 2 + ratio);
  }

  level(dx, dy) {
    const span = Math.max(1, this.picture.high - this.picture.low);
    const step = span / 500;
    this.window.width = Math.min(Math.max(this.window.width + dx * step, span / 100), span * 4);
    this.window.center = Math.min(Math.max(this.window.center + dy * step, this.picture.low - span / 2), this.picture.high + span / 2);
    this.later(() => this.paint());
  }

  move(dx, dy) {
    const { factor } = this.placed();
    const ratio = window.devicePixelRatio || 1;
    this.centre.x = Math.min(1, Math.max(0, this.centre.x - (dx * ratio) / (factor * this.picture.columns)));
    this.centre.y = Math.min(1, Math.max(0, this.centre.y - (dy * ratio) / (factor * this.picture.rows)));
    this.later(() => this.draw());
  }

  zoomBy(times, clientX, clientY) {
    const rectangle = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const at = { x: (clientX - rectangle.left) * ratio, y: (clientY - rectangle.top) * ratio };
    const before = this.placed();
    const u = (at.x - before.left) / before.factor, v = (at.y - before.top) / before.factor;
    this.zoom = Math.min(MAX_ZOOM, Math.max(1, this.zoom * times));
    if (this.zoom === 1) this.centre = { x: 0.5, y: 0.5 };
    else {
      const after = this.placed();
      this.centre.x = Math.min(1, Math.max(0, (u - (at.x - this.canvas.width / 2) / after.factor) / this.picture.columns));
      this.centre.y = Math.min(1, Math.max(0, (v - (at.y - this.canvas.height / 2) / after.factor) / this.picture.rows));
    }
    this.later(() => this.draw());
  }

  later(work) {
    this.work = work;
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.work();
    });
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.picture) return;
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, pan: event.button === 2 || event.button === 1 || event.shiftKey });
      if (this.pointers.size === 1 && event.isPrimary) {
        const doubled = performance.now() - this.tapAt < DOUBLE_TAP_MS;
        this.tapAt = doubled ? 0 : performance.now();
        if (doubled) this.reset();
      }
    });
    canvas.addEventListener("pointermove", (event) => {
      const pointer = this.pointers.get(event.pointerId);
      if (!pointer || !this.picture) return;
      const dx = event.clientX - pointer.x, dy = event.clientY - pointer.y;
      if (Math.abs(dx) + Math.abs(dy) > 3) this.tapAt = 0;
      if (this.pointers.size === 1) {
        if (pointer.pan) this.move(dx, dy);
        else this.level(dx, dy);
      } else if (this.pointers.size === 2) {
        const [other] = [...this.pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, value]) => value);
        const before = Math.hypot(pointer.x - other.x, pointer.y - other.y);
        const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
        if (before > 0) this.zoomBy(after / before, (event.clientX + other.x) / 2, (event.clientY + other.y) / 2);
        this.move(dx / 2, dy / 2);
      }
      pointer.x = event.clientX;
      pointer.y = event.clientY;
    });
    const up = (event) => this.pointers.delete(event.pointerId);
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("wheel", (event) => {
      if (!this.picture) return;
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
    }, { passive: false });
    this.element.addEventListener("keydown", (event) => {
      if (!this.picture) return;
      const middle = this.canvas.getBoundingClientRect();
      const x = middle.left + middle.width / 2, y = middle.top + middle.height / 2;
      const keys = {
        ArrowLeft: () => this.level(-20, 0), ArrowRight: () => this.level(20, 0), ArrowUp: () => this.level(0, -20), ArrowDown: () => this.level(0, 20),
        "+": () => this.zoomBy(1.25, x, y), "-": () => this.zoomBy(0.8, x, y), 0: () => this.reset(),
        Escape: () => { if (this.element.classList.contains("large")) this.act("large"); },
      };
      if (keys[event.key]) {
        event.preventDefault();
        keys[event.key]();
      }
    });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  buttons(action) {
    const own = [...this.element.querySelectorAll(`[data-viewer-action="${action}"]`)];
    return own.concat([...document.querySelectorAll(`[data-viewer-action="${action}"][data-viewer-for="${this.element.id}"]`)]);
  }

  act(action) {
    if (action === "reset" && this.picture) this.reset();
    if (action in this.show) this.show[action] = !this.show[action];
    if (action === "large") this.element.classList.toggle("large");
    this.mark();
    this.draw();
  }

  // Buttons are swapped with the page while the canvas stays, so their state is set anew.
  mark() {
    for (const action of Object.keys(this.show)) {
      for (const button of this.buttons(action)) button.setAttribute("aria-pressed", String(this.show[action]));
    }
    if (this.element.dataset.heatState === "failed") this.buttons("heat").forEach((button) => { button.disabled = true; });
  }
}

const settle = () => {
  for (const element of document.querySelectorAll("[data-viewer]")) {
    if (!views.has(element)) views.set(element, new View(element));
    views.get(element).mark();
  }
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-viewer-action]");
  if (!button) return;
  const element = button.dataset.viewerFor ? document.getElementById(button.dataset.viewerFor) : button.closest("[data-viewer]");
  if (element && views.has(element)) views.get(element).act(button.dataset.viewerAction);
});
document.addEventListener("DOMContentLoaded", settle);
document.addEventListener("htmx:afterSwap", settle);
