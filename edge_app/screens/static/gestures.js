// Fingers, mouse and wheel on one view. One finger does what the mode says, two zoom and move; the mouse's right button always sets the window.
const DOUBLE_TAP_MS = 320;
const STILL_PX = 8;
const GRASP_PX = 40;
const CLOSER = 2.5;

export const listen = (view, modeOf) => {
  const { canvas } = view;
  const pointers = new Map();
  let tapped = null;
  let travelled = 0;
  // A ruler whose first end was tapped waits for its second.
  let begun = false;

  const task = (event) => {
    if (event.button === 2) return "window";
    if (event.button === 1 || event.shiftKey) return "move";
    return modeOf();
  };

  const nearestEnd = (clientX, clientY) => {
    if (!view.ruler) return -1;
    const rectangle = canvas.getBoundingClientRect(), m = view.placed(), ratio = view.ratio();
    const away = view.ruler.map((point) => {
      const at = view.onScreen(m, point, ratio);
      return Math.hypot(at.x + rectangle.left - clientX, at.y + rectangle.top - clientY);
    });
    const nearest = away[0] < away[1] ? 0 : 1;
    return away[nearest] <= GRASP_PX ? nearest : -1;
  };

  const measureFrom = (event) => {
    const point = view.pictureAt(event.clientX, event.clientY);
    if (begun && view.ruler) {
      view.setRuler([view.ruler[0], point], 1);
      return;
    }
    const end = nearestEnd(event.clientX, event.clientY);
    if (end >= 0) view.setRuler(view.ruler, end);
    else {
      view.setRuler([point, point], 1);
      begun = true;
    }
  };

  const measureTo = (event) => {
    const point = view.pictureAt(event.clientX, event.clientY);
    view.setRuler(view.ruler.map((end, i) => (i === view.rulerEnd ? point : end)), view.rulerEnd);
  };

  const doubled = (event) => {
    const twice = tapped && performance.now() - tapped.at < DOUBLE_TAP_MS && Math.hypot(event.clientX - tapped.x, event.clientY - tapped.y) < GRASP_PX;
    tapped = twice ? null : { at: performance.now(), x: event.clientX, y: event.clientY };
    return twice;
  };

  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("pointerdown", (event) => {
    if (!view.picture) return;
    canvas.setPointerCapture(event.pointerId);
    const pointer = { x: event.clientX, y: event.clientY, task: task(event), first: pointers.size === 0 };
    pointers.set(event.pointerId, pointer);
    travelled = 0;
    if (!pointer.first) {
      // Two fingers zoom; the first of them had not meant to measure.
      if (begun) view.setRuler(null, 1);
      begun = false;
      return;
    }
    if (pointer.task === "ruler") measureFrom(event);
    else if (doubled(event)) {
      if (view.pose.zoom > 1) view.fit();
      else view.zoomBy(CLOSER, event.clientX, event.clientY);
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer || !view.picture) return;
    const dx = event.clientX - pointer.x, dy = event.clientY - pointer.y;
    travelled += Math.abs(dx) + Math.abs(dy);
    if (travelled > STILL_PX) tapped = null;
    if (pointers.size === 1) {
      if (pointer.task === "move") view.move(dx, dy);
      else if (pointer.task === "window") view.level(dx, dy);
      else if (travelled > STILL_PX && view.ruler) measureTo(event);
    } else if (pointers.size === 2) {
      const other = [...pointers.values()].find((one) => one !== pointer);
      const before = Math.hypot(pointer.x - other.x, pointer.y - other.y);
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      if (before > 0) view.zoomBy(after / before, (event.clientX + other.x) / 2, (event.clientY + other.y) / 2);
      view.move(dx / 2, dy / 2);
    }
    pointer.x = event.clientX;
    pointer.y = event.clientY;
  });
  const up = (event) => {
    const pointer = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    if (!pointer || pointer.task !== "ruler" || !view.ruler) return;
    const [one, other] = view.ruler;
    begun = begun && one.x === other.x && one.y === other.y;
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("wheel", (event) => {
    if (!view.picture) return;
    event.preventDefault();
    view.zoomBy(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
  }, { passive: false });
};
