// What every screen does by attributes: ticking clocks, text that fits, forms posted once, nothing that moves under a pressed finger, and a
// loud word when the connection is lost.
"use strict";
(() => {
  const SILENT_AFTER_MS = 10000;
  const STILL_AFTER_PRESS_MS = 400;
  const LONGEST_PRESS_MS = 3000;

  const ticks = (seconds) => {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  };

  // Clocks run on the monotonic clock from the moment the server said how much had passed.
  const started = new WeakMap();
  const tick = () => {
    for (const element of document.querySelectorAll("[data-elapsed-s]:not([data-elapsed-stop])")) {
      const from = Number(element.dataset.elapsedS);
      let start = started.get(element);
      if (!start || start.from !== from) {
        start = { from, at: performance.now() };
        started.set(element, start);
      }
      const text = ticks(from + (performance.now() - start.at) / 1000);
      if (element.textContent !== text) element.textContent = text;
    }
  };

  const clocks = () => {
    for (const element of document.querySelectorAll("[data-clock-ms]")) {
      const from = Number(element.dataset.clockMs);
      let start = started.get(element);
      if (!start || start.from !== from) {
        start = { from, at: performance.now() };
        started.set(element, start);
      }
      const text = new Date(from + performance.now() - start.at).toTimeString().slice(0, 8);
      if (element.textContent !== text) element.textContent = text;
    }
  };

  // Text shrinks to its box, and wraps only where even the smallest size does not fit.
  const fit = () => {
    for (const element of document.querySelectorAll("[data-fit]")) {
      element.style.fontSize = "";
      element.style.whiteSpace = "";
      element.style.lineHeight = "";
      let size = parseFloat(getComputedStyle(element).fontSize);
      const least = Number(element.dataset.fit);
      const over = () => element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + size * 0.15;
      while (over() && size > least) {
        size = Math.max(least, size - Math.max(1, size * 0.04));
        element.style.fontSize = `${size}px`;
      }
      if (element.scrollWidth > element.clientWidth + 1) {
        element.style.whiteSpace = "normal";
        element.style.lineHeight = "1.15";
      }
    }
  };

  // The server beats every two seconds. Silence is a state and looks like one.
  let heardAt = performance.now();
  let heardClock = new Date();
  let sourceClosed = false;
  let stale = false;
  const heard = () => {
    heardAt = performance.now();
    heardClock = new Date();
    sourceClosed = false;
  };
  const watch = () => {
    const banner = document.querySelector("[data-lost]");
    if (!banner || !document.querySelector("[data-live]")) return;
    const silentMs = performance.now() - heardAt;
    const lost = silentMs > SILENT_AFTER_MS || stale;
    if (lost) {
      banner.querySelector("[data-lost-age]").textContent = ticks(silentMs / 1000);
      banner.querySelector("[data-lost-until]").textContent = heardClock.toTimeString().slice(0, 8);
    }
    if (banner.hidden === lost) {
      banner.hidden = !lost;
      document.documentElement.toggleAttribute("data-disconnected", lost);
      document.dispatchEvent(new CustomEvent(lost ? "screen:lost" : "screen:found"));
    }
    if (lost && (sourceClosed || stale)) tryAgain();
  };
  let trying = false;
  const tryAgain = async () => {
    if (trying) return;
    trying = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch {
      // Still away; the banner says so, and the next tick asks again.
    } finally {
      setTimeout(() => { trying = false; }, 2000);
    }
  };
  // A page that was told of a change and could not fetch it is as good as disconnected.
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      if (event.detail.elt.closest("[data-live]") && event.detail.requestConfig.verb === "get") stale = true;
    });
  }
  document.addEventListener("htmx:afterSwap", () => { stale = false; });
  // Whatever became of a fetch, at the next beat the page is as it was told: one that fell between two changes may show what has passed.
  let told = null;
  const catchUp = () => {
    const shown = document.querySelector("[data-version]");
    if (told !== null && shown && shown.dataset.version !== told) htmx.trigger(shown.closest("[hx-trigger]"), "refresh");
  };
  const beaten = () => { heard(); catchUp(); };
  const changed = (change) => { heard(); told = change.data; };
  // A source opens again after each break; one function is listened to once.
  document.addEventListener("htmx:sseOpen", (event) => {
    event.detail.source.addEventListener("beat", beaten);
    event.detail.source.addEventListener("change", changed);
  });
  document.addEventListener("htmx:sseError", (event) => {
    const source = event.detail.source;
    sourceClosed = !source || source.readyState === EventSource.CLOSED;
  });

  // Nothing moves under a pressed finger, or the touch would be lost; but no finger holds up a change for long.
  let pressedAt = null;
  const waiting = new Map();
  const pressed = () => pressedAt !== null && performance.now() - pressedAt < LONGEST_PRESS_MS;
  const whenReleased = (name, act) => {
    if (!pressed()) {
      waiting.delete(name);
      act();
      return;
    }
    waiting.set(name, act);
    setTimeout(() => { if (waiting.get(name) === act) whenReleased(name, act); }, LONGEST_PRESS_MS);
  };
  document.addEventListener("pointerdown", () => { pressedAt = performance.now(); }, true);
  for (const kind of ["pointerup", "pointercancel"]) {
    document.addEventListener(kind, () => {
      const own = pressedAt;
      setTimeout(() => {
        if (pressedAt !== own) return;
        pressedAt = null;
        for (const [name, act] of [...waiting]) whenReleased(name, act);
      }, STILL_AFTER_PRESS_MS);
    }, true);
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const by = event.detail.requestConfig.elt;
    if (!pressed() || !by.id || !by.getAttribute("hx-trigger")?.includes("refresh")) return;
    event.detail.shouldSwap = false;
    whenReleased(`refresh ${by.id}`, () => {
      const now = document.getElementById(by.id);
      if (now) htmx.trigger(now, "refresh");
    });
  });
  window.screens = { whenReleased, catchUp, ticks, silentMs: () => performance.now() - heardAt };

  // A double tap posts once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-post-once")) return;
    if (form.dataset.posting) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.posting = "1";
    setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement) || !form.dataset.posting) return;
    delete form.dataset.posting;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) location.reload();
  });

  const settle = () => { tick(); clocks(); fit(); };
  document.addEventListener("DOMContentLoaded", () => {
    settle();
    document.fonts.ready.then(fit);
    setInterval(() => { tick(); clocks(); watch(); }, 250);
  });
  document.addEventListener("htmx:afterSwap", settle);
  // Until then what was put in place of an element of the same name has that one's classes, and so its width.
  document.addEventListener("htmx:afterSettle", fit);
  window.addEventListener("resize", fit);
})();
