// Editing a picture: what the box will read is drawn while it is edited, by the same steps and in the same order as on the box.
import { decodePixels } from "../pixels.js";
import { isRed } from "../marks.js";
import { shadesOf, table } from "../windows.js";

const LONGEST = 1000;
const REACH = 60;
const element = document.querySelector("[data-editor]");
const canvas = element.querySelector("canvas");
const form = document.querySelector("#edits");
const least = Number(element.dataset.leastPart);
const crop = { x: 0, y: 0, width: 1, height: 1 };
let cropping = false;
let base, surface, painted = "", waiting = 0, held = null;

const field = (name) => form.elements[name];
const value = (name) => Number(field(name).value);
const put = (name, number) => { field(name).value = String(Math.round(number * 1000) / 1000); };

// The mean of what falls together: enough for looking at, and quick to sharpen.
const shrunk = ({ rows, columns, values }) => {
  const times = Math.max(1, Math.ceil(Math.max(rows, columns) / LONGEST));
  const height = Math.floor(rows / times), width = Math.floor(columns / times);
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) {
    let sum = 0;
    for (let dy = 0; dy < times; dy += 1) for (let dx = 0; dx < times; dx += 1) sum += values[(y * times + dy) * columns + x * times + dx];
    out[y * width + x] = sum / (times * times);
  }
  return { width, height, values: out };
};

const blurredAlong = (values, count, length, step, stride, weights) => {
  const out = new Float32Array(values.length), reach = weights.length - 1;
  for (let line = 0; line < count; line += 1) for (let i = 0; i < length; i += 1) {
    let sum = 0;
    for (let k = -reach; k <= reach; k += 1) {
      const at = Math.min(length - 1, Math.max(0, i + k));
      sum += weights[Math.abs(k)] * values[line * stride + at * step];
    }
    out[line * stride + i * step] = sum;
  }
  return out;
};

// The box's unsharp mask: sigma a four-hundredth of the longer side.
const sharpened = ({ width, height, values }, sharpness) => {
  if (!sharpness) return values;
  const sigma = Math.max(1, Math.max(width * crop.width, height * crop.height) / 400);
  const weights = Array.from({ length: Math.ceil(3 * sigma) + 1 }, (_, i) => Math.exp((-i * i) / (2 * sigma * sigma)));
  const sum = 2 * weights.reduce((all, one) => all + one, 0) - weights[0];
  const even = weights.map((one) => one / sum);
  const blurred = blurredAlong(blurredAlong(values, height, width, 1, width, even), width, height, width, 1, even);
  return values.map((one, i) => one + 2 * sharpness * (one - blurred[i]));
};

const paint = () => {
  const red = isRed(), state = [...["brightness", "contrast", "sharpness"].map(value), red].join();
  if (state === painted) return;
  painted = state;
  const { window } = base;
  const lut = table({ kind: window.kind, center: window.center - 0.5 * value("brightness") * window.width, width: window.width * 2 ** (-2 * value("contrast")) });
  const out = new ImageData(base.width, base.height);
  const words = new Uint32Array(out.data.buffer), shades = shadesOf({ red });
  sharpened(base, value("sharpness")).forEach((one, i) => {
    words[i] = shades[lut[Math.min(65535, Math.max(0, Math.round(one)))]];
  });
  surface.getContext("2d").putImageData(out, 0, 0);
};

// Where the whole picture lies while a part of it is chosen.
const whole = () => {
  const factor = Math.min(canvas.width / base.width, canvas.height / base.height);
  return { factor, left: (canvas.width - base.width * factor) / 2, top: (canvas.height - base.height * factor) / 2, width: base.width * factor, height: base.height * factor };
};

const drawChoice = (context) => {
  const { left, top, width, height } = whole();
  const x = left + crop.x * width, y = top + crop.y * height, w = crop.width * width, h = crop.height * height;
  context.drawImage(surface, left, top, width, height);
  context.fillStyle = "rgba(0, 0, 0, 0.65)";
  context.beginPath();
  context.rect(0, 0, canvas.width, canvas.height);
  context.rect(x, y, w, h);
  context.fill("evenodd");
  const ratio = window.devicePixelRatio || 1, arm = 28 * ratio;
  for (const [colour, thick] of [["rgba(0,0,0,0.8)", 9], [isRed() ? "#ff5347" : "#fff", 5]]) {
    context.strokeStyle = colour;
    context.lineWidth = thick * ratio;
    context.beginPath();
    for (const [cx, cy, sx, sy] of [[x, y, 1, 1], [x + w, y, -1, 1], [x, y + h, 1, -1], [x + w, y + h, -1, -1]]) {
      context.moveTo(cx + sx * arm, cy);
      context.lineTo(cx, cy);
      context.lineTo(cx, cy + sy * arm);
    }
    context.stroke();
  }
};

const drawEdited = (context) => {
  const width = crop.width * base.width, height = crop.height * base.height, turns = value("quarter_turns");
  const [across, down] = turns % 2 ? [height, width] : [width, height];
  const factor = Math.min(canvas.width / across, canvas.height / down);
  context.save();
  context.translate(canvas.width / 2, canvas.height / 2);
  context.scale(factor, factor);
  context.beginPath();
  context.rect(-across / 2, -down / 2, across, down);
  context.clip();
  context.rotate((value("tilt_degrees") * Math.PI) / 180 + (turns * Math.PI) / 2);
  if (value("flipped")) context.scale(-1, 1);
  context.drawImage(surface, crop.x * base.width, crop.y * base.height, width, height, -width / 2, -height / 2, width, height);
  context.restore();
};

const written = (name) => {
  const number = value(name);
  if (name === "quarter_turns") return `${90 * number}°`;
  return name === "tilt_degrees" ? `${number > 0 ? "+" : ""}${number}°` : `${number > 0 ? "+" : ""}${Math.round(100 * number)}%`;
};

const show = () => {
  const ratio = window.devicePixelRatio || 1, box = element.getBoundingClientRect();
  [canvas.width, canvas.height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  paint();
  const context = canvas.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (cropping) drawChoice(context);
  else drawEdited(context);
};

const later = () => {
  let changed = crop.width < 1 || crop.height < 1 || Boolean(value("flipped"));
  for (const row of form.querySelectorAll("[data-edit]")) {
    const output = row.querySelector("[data-edit-value]");
    output.textContent = written(row.dataset.edit);
    output.classList.toggle("unchanged", !value(row.dataset.edit));
    changed ||= value(row.dataset.edit) !== 0;
  }
  const kept = form.querySelector("[data-edit-crop]");
  kept.textContent = `${Math.round(100 * crop.width * crop.height)}%`;
  kept.classList.toggle("unchanged", crop.width === 1 && crop.height === 1);
  form.querySelector("[data-edit-cropping]").setAttribute("aria-pressed", String(cropping));
  form.querySelector("[data-edit-flipping]").setAttribute("aria-pressed", String(Boolean(value("flipped"))));
  document.querySelector("[data-edit-read]").disabled = !base || !changed;
  // Rounded down, all four, so that the part never ends beyond the picture.
  for (const name of Object.keys(crop)) field(`crop_${name}`).value = String(Math.floor(crop[name] * 1000 + 1e-6) / 1000);
  if (!base || waiting) return;
  waiting = requestAnimationFrame(() => { waiting = 0; show(); });
};

const step = (row, direction) => {
  const { edit: name, least: low, most: high, by } = row.dataset;
  const next = value(name) + direction * Number(by);
  // A turn comes round; all else stops at its end.
  put(name, name === "quarter_turns" ? (next + 4) % 4 : Math.min(Number(high), Math.max(Number(low), next)));
  later();
};

// One side of the part that stays, kept within the picture and no smaller than what can be read.
const side = (start, size, moved, which) => {
  if (which === 0) return [Math.min(1 - size, Math.max(0, start + moved)), size];
  if (which < 0) { const next = Math.min(start + size - least, Math.max(0, start + moved)); return [next, size + start - next]; }
  return [start, Math.min(1 - start, Math.max(least, size + moved))];
};

const drag = (from, across, down, corner) => {
  [crop.x, crop.width] = side(from.x, from.width, across, corner[0]);
  [crop.y, crop.height] = side(from.y, from.height, down, corner[1]);
  later();
};

const at = (event) => {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1, { left, top, width, height } = whole();
  return { x: ((event.clientX - box.left) * ratio - left) / width, y: ((event.clientY - box.top) * ratio - top) / height, reachX: (REACH * ratio) / width, reachY: (REACH * ratio) / height };
};

canvas.addEventListener("pointerdown", (event) => {
  if (!base || !cropping) return;
  const { x, y, reachX, reachY } = at(event);
  const near = (start, size, point, reach) => (Math.abs(point - start) < reach ? -1 : Math.abs(point - start - size) < reach ? 1 : 0);
  const corner = [near(crop.x, crop.width, x, reachX), near(crop.y, crop.height, y, reachY)];
  held = { corner, x, y, from: { ...crop } };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
  if (!held) return;
  const { x, y } = at(event);
  drag(held.from, x - held.x, y - held.y, held.corner);
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = null; });
canvas.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!cropping || !way) return;
  event.preventDefault();
  drag({ ...crop }, 0.02 * way[0], 0.02 * way[1], event.shiftKey ? [-1, -1] : [1, 1]);
});
form.addEventListener("click", (event) => {
  const row = event.target.closest("[data-edit]");
  if (event.target.closest("[data-edit-up]")) step(row, 1);
  if (event.target.closest("[data-edit-down]")) step(row, -1);
  if (event.target.closest("[data-edit-flipping]")) { put("flipped", 1 - value("flipped")); later(); }
  if (event.target.closest("[data-edit-cropping]")) { cropping = !cropping; later(); if (cropping) canvas.focus(); }
});
document.querySelector("[data-edit-undo]").addEventListener("click", () => {
  for (const row of form.querySelectorAll("[data-edit]")) put(row.dataset.edit, 0);
  put("flipped", 0);
  Object.assign(crop, { x: 0, y: 0, width: 1, height: 1 });
  cropping = false;
  later();
});
new ResizeObserver(() => later()).observe(element);

later();
try {
  const picture = await decodePixels(element.dataset.pixels);
  base = { ...shrunk(picture), window: picture.window };
  surface = new OffscreenCanvas(base.width, base.height);
  element.querySelector("[data-editor-loading]").hidden = true;
  element.dataset.editorState = "shown";
} catch {
  element.querySelector("[data-editor-loading]").hidden = true;
  element.querySelector("[data-editor-failed]").hidden = false;
  element.dataset.editorState = "failed";
}
later();
