// What is wrong with how a page is laid out, one line each: scrolling, clipped text, small targets, things off the screen.
async () => {
  // What still grows into its place is measured when it is there; what turns for ever never is.
  const moving = document.getAnimations().filter((one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(moving.map((one) => one.finished));
  const wrong = [];
  const name = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].join(".")} “${e.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(".unseen, .sprite, [hidden]");
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth || page.scrollHeight > innerHeight) wrong.push(`page ${page.scrollWidth}×${page.scrollHeight} does not fit`);
  for (const e of document.querySelectorAll("body *")) {
    if (!shown(e) || e.closest("svg")) continue;
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) wrong.push(`off the screen: ${name(e)}`);
    const style = getComputedStyle(e);
    const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const clips = style.overflowX !== "visible";
    if (clips && e.scrollWidth > e.clientWidth + 1) wrong.push(`clipped ${e.scrollWidth} > ${e.clientWidth}: ${name(e)}`);
    if (clips && e.scrollHeight > e.clientHeight + Math.max(2, parseFloat(style.fontSize) * 0.2)) wrong.push(`clipped high ${e.scrollHeight} > ${e.clientHeight}: ${name(e)}`);
    if (text && parseFloat(style.fontSize) < 12) wrong.push(`too small ${style.fontSize}: ${name(e)}`);
    if (text && !clips) {
      const range = document.createRange();
      range.selectNodeContents(e);
      const words = range.getBoundingClientRect();
      const parent = e.closest(".panel, .row, .button, .next-one, .next-two, .top, .answer, .warn, .cause, .foot, .urgency, .pre-ktas");
      const around = parent ? parent.getBoundingClientRect() : page.getBoundingClientRect();
      if (words.right > around.right + 1 || words.bottom > around.bottom + 2 || words.left < around.left - 1) wrong.push(`out of its frame: ${name(e)}`);
    }
    if (e.matches("a, button, select, label.button, input:not(.unseen)") && (box.width < 64 || box.height < 63.5)) wrong.push(`small target ${Math.round(box.width)}×${Math.round(box.height)}: ${name(e)}`);
  }
  return [...new Set(wrong)];
}
