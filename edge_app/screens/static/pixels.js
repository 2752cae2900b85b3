// A picture's pixels from the server, and what they measure.
const sizes = (headers) => {
  const shrunk = Number(headers.get("X-Shrunk"));
  if (!headers.has("X-Spacing")) return { spacing: { row: shrunk, column: shrunk }, measured: "pixels" };
  const [row, column] = headers.get("X-Spacing").split(" ").map(Number);
  return { spacing: { row, column }, measured: headers.get("X-Spacing-Of") };
};

export const decodePixels = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`pixels: ${answer.status}`);
  const head = (name) => answer.headers.get(name).split(" ");
  const bytes = await answer.arrayBuffer();
  const [rows] = head("X-Rows").map(Number);
  const [columns] = head("X-Columns").map(Number);
  if (bytes.byteLength !== rows * columns * 2) throw new Error("pixels: length");
  const view = new DataView(bytes);
  const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  const values = littleEndian ? new Uint16Array(bytes) : Uint16Array.from({ length: rows * columns }, (_, i) => view.getUint16(2 * i, true));
  const [center, width, kind] = head("X-Window");
  const [low, high] = head("X-Range").map(Number);
  return { rows, columns, values, scale: Number(head("X-Scale")[0]), low, high, window: { center: Number(center), width: Number(width), kind }, ...sizes(answer.headers) };
};

const loadImage = (url) => new Promise((resolve, reject) => {
  const image = new Image();
  image.onload = () => resolve(image);
  image.onerror = () => reject(new Error("image"));
  image.src = url;
});

// An image's grey values, shrunk to `side` at most.
export const grey = async (url, side = Infinity) => {
  const image = await loadImage(url);
  const shrunk = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(image.naturalWidth * shrunk)), Math.max(1, Math.round(image.naturalHeight * shrunk)));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { canvas, context, data: context.getImageData(0, 0, canvas.width, canvas.height) };
};

export const decodeImage = async (url, scale) => {
  const { canvas, data } = await grey(url);
  const values = new Uint16Array(canvas.width * canvas.height);
  for (let i = 0; i < values.length; i += 1) values[i] = data.data[4 * i];
  return { rows: canvas.height, columns: canvas.width, values, scale, low: 0, high: 255, window: { center: 127.5, width: 255, kind: "LINEAR_EXACT" }, spacing: { row: 1, column: 1 }, measured: "pixels" };
};
