// Drags or zooms the first picture for some seconds, one event a frame; frames a second, and the longest time between two in milliseconds.
([gesture, seconds]) => new Promise((resolve) => {
  const canvas = document.querySelector("[data-viewer] canvas");
  const box = canvas.getBoundingClientRect();
  const middle = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const pointer = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, { pointerId: 1, isPrimary: true, bubbles: true, clientX: x, clientY: y }));
  canvas.setPointerCapture = () => {};
  if (gesture === "drag") pointer("pointerdown", middle.clientX, middle.clientY);
  let frames = 0, began = null, last = null, longest = 0;
  const frame = (now) => {
    began ??= now;
    if (last !== null) longest = Math.max(longest, now - last);
    last = now;
    const passed = now - began;
    if (passed >= seconds * 1000) {
      if (gesture === "drag") pointer("pointerup", middle.clientX, middle.clientY);
      resolve([(frames * 1000) / passed, longest]);
      return;
    }
    frames += 1;
    const turn = passed / 300;
    if (gesture === "drag") pointer("pointermove", middle.clientX + 160 * Math.sin(turn), middle.clientY + 120 * Math.cos(turn));
    else canvas.dispatchEvent(new WheelEvent("wheel", { ...middle, bubbles: true, cancelable: true, deltaY: 60 * Math.cos(turn) }));
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
