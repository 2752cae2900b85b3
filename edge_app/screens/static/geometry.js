// Where a picture lies on a canvas: fitted, zoomed, moved, flipped, turned. Pure; a pose is in fractions of the picture, all else in pixels.
export const MAX_ZOOM = 16;
export const UPRIGHT = Object.freeze({ zoom: 1, x: 0.5, y: 0.5, flipped: false, turns: 0 });

// Flipped left to right first, then turned clockwise by quarters.
const QUARTERS = [[1, 0], [0, 1], [-1, 0], [0, -1]];
const between = (value, least, most) => Math.min(most, Math.max(least, value));

// The matrix from the picture to the canvas, and the canvas pixels per picture pixel.
export const placed = (pose, picture, canvas) => {
  const [cosine, sine] = QUARTERS[pose.turns];
  const [across, down] = pose.turns % 2 ? [picture.rows, picture.columns] : [picture.columns, picture.rows];
  const factor = Math.min(canvas.width / across, canvas.height / down) * pose.zoom;
  const mirror = pose.flipped ? -1 : 1;
  const a = cosine * mirror * factor, b = sine * mirror * factor, c = -sine * factor, d = cosine * factor;
  const x = pose.x * picture.columns, y = pose.y * picture.rows;
  return { factor, a, b, c, d, e: canvas.width / 2 - a * x - c * y, f: canvas.height / 2 - b * x - d * y };
};

export const toCanvas = (m, point) => ({ x: m.a * point.x + m.c * point.y + m.e, y: m.b * point.x + m.d * point.y + m.f });

// The inverse is the transpose, since axes stay at right angles and equally long.
export const toPicture = (m, point) => {
  const x = point.x - m.e, y = point.y - m.f, square = m.factor * m.factor;
  return { x: (m.a * x + m.b * y) / square, y: (m.c * x + m.d * y) / square };
};

const centred = (pose, picture, point) => ({ ...pose, x: between(point.x / picture.columns, 0, 1), y: between(point.y / picture.rows, 0, 1) });

export const moved = (pose, picture, canvas, dx, dy) =>
  centred(pose, picture, toPicture(placed(pose, picture, canvas), { x: canvas.width / 2 - dx, y: canvas.height / 2 - dy }));

// What lies under `at` stays there, until the whole picture is seen again.
export const zoomed = (pose, picture, canvas, times, at) => {
  const zoom = between(pose.zoom * times, 1, MAX_ZOOM);
  if (zoom === 1) return { ...pose, zoom, x: 0.5, y: 0.5 };
  const under = toPicture(placed(pose, picture, canvas), at);
  const after = placed({ ...pose, zoom }, picture, canvas);
  const there = toCanvas(after, under);
  return centred({ ...pose, zoom }, picture, toPicture(after, { x: canvas.width / 2 + there.x - at.x, y: canvas.height / 2 + there.y - at.y }));
};

// Left and right of what is seen change places, however the picture is turned.
export const flipped = (pose) => ({ ...pose, flipped: !pose.flipped, turns: (4 - pose.turns) % 4 });

export const turned = (pose) => ({ ...pose, turns: (pose.turns + 1) % 4 });

export const rectangle = (m, box) => {
  const one = toCanvas(m, box), other = toCanvas(m, { x: box.x + box.width, y: box.y + box.height });
  const x = Math.min(one.x, other.x), y = Math.min(one.y, other.y);
  return { x, y, width: Math.abs(one.x - other.x), height: Math.abs(one.y - other.y) };
};

// Between two points of the picture; `spacing` is the height and the width of a pixel in any unit.
export const distance = (one, other, spacing) => Math.hypot((other.x - one.x) * spacing.column, (other.y - one.y) * spacing.row);

export const within = (point, picture) => ({ x: between(point.x, 0, picture.columns), y: between(point.y, 0, picture.rows) });
