// The console's behaviour: ringing, counting down, opening by a person's act, and answering by key.
"use strict";
(() => {
  const LOOK_FIRST_MS = 600;
  const SCROLLED = [".queue", ".findings", ".answer"];
  // Where a browser cannot sound at all the banner stays, and everything else works.
  const alarm = window.consoleAlarm ?? { want() {}, quiet() {}, once() {}, settle() {} };
  const desk = () => document.getElementById("desk");
  const shown = () => document.querySelector("[data-case]");
  let lost = false;
  const { ticks, silentMs } = window.screens;
  const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

  // Times run on the monotonic clock from the moment the server told them.
  const born = new WeakMap();
  const passed = (element) => {
    if (!born.has(element)) born.set(element, performance.now());
    return (performance.now() - born.get(element)) / 1000;
  };
  const tick = () => {
    for (const element of document.querySelectorAll("[data-countdown-s]")) {
      const left = Number(element.dataset.countdownS) - passed(element);
      element.toggleAttribute("data-overdue", left < 0);
      if (left >= 0) write(element.querySelector(".left"), ticks(left));
      else write(element.querySelector(".by"), `+${ticks(-left)}`);
    }
    const heard = document.querySelector("[data-heard]");
    if (heard) {
      const word = document.querySelector("[data-heard-word]").content.textContent;
      write(heard, word.replace("{n}", String(Math.floor(silentMs() / 1000))));
    }
    title();
  };

  let flash = false;
  const title = () => {
    const now = desk();
    if (!now) return;
    const { ringing, link, title: plain, titleRinging, titleLink, titleLost } = now.dataset;
    flash = Math.floor(performance.now() / 1000) % 2 === 0;
    const call = lost ? titleLost : link === "down" ? titleLink : Number(ringing) > 0 ? titleRinging : null;
    const text = call && flash ? call : call ? `! ${plain}` : plain;
    if (document.title !== text) document.title = text;
  };

  const sound = () => {
    const now = desk();
    if (!now) return;
    if (lost || now.dataset.link === "down") alarm.want("lost");
    else alarm.quiet("lost");
    if (Number(now.dataset.ringing) > 0) alarm.want("ring", Number(now.dataset.ringingS) + passed(now));
    else alarm.quiet("ring");
  };

  // What the unit says sounds once, and stands unread until somebody has read it.
  let remarks = null;
  const hear = () => {
    const now = desk();
    if (!now) return;
    const heard = Number(now.dataset.remarks);
    if (remarks !== null && heard > remarks) alarm.once("remark");
    remarks = heard;
    for (const list of document.querySelectorAll("[data-newest]")) list.scrollTop = list.scrollHeight;
  };

  // Opened means that a person acted: chose this request, or touched the console while it stood there.
  const told = new Set();
  const opened = (offer) => {
    // Of somebody who may only look, the unit is told nothing.
    if (!offer || told.has(offer) || desk()?.dataset.mayAnswer === "no") return;
    told.add(offer);
    fetch(`/requests/${offer}/opened`, { method: "POST" }).then((answer) => { if (!answer.ok) told.delete(offer); }, () => told.delete(offer));
  };
  const acted = (event) => {
    if (!event.isTrusted || document.visibilityState !== "visible" || event.repeat) return;
    const chosen = event.target instanceof Element ? event.target.closest("[data-select]") : null;
    if (chosen) return;
    const now = shown();
    if (now && now.dataset.opened === "no") opened(now.dataset.case);
  };
  document.addEventListener("pointerdown", acted, true);
  document.addEventListener("keydown", acted, true);
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-select]");
    if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.isTrusted && document.visibilityState === "visible") opened(chosen.dataset.select);
    choose(chosen.dataset.select);
  }, true);

  // Between choosing another request and seeing it, no answer can be given: it would go to the one that stood there before.
  let changing = null;
  let since = { offer: null, at: 0 };
  const choose = (offer) => {
    changing = shown() && shown().dataset.case === offer ? null : offer;
    document.documentElement.toggleAttribute("data-changing", changing !== null);
  };
  const looked = () => {
    const offer = shown() ? shown().dataset.case : null;
    if (offer !== since.offer) since = { offer, at: performance.now() };
    if (offer === changing && offer !== null) {
      choose(offer);
      history.replaceState(null, "", `/requests/${offer}`);
    }
  };
  document.addEventListener("submit", (event) => {
    if (changing === null || !(event.target instanceof HTMLFormElement) || !event.target.closest(".answer")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  // A accepts, D goes to the reasons for declining. Never while somebody types, never on a key that is held or that no person pressed.
  document.addEventListener("keydown", (event) => {
    if (!event.isTrusted || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || lost || changing !== null) return;
    if (performance.now() - since.at < LOOK_FIRST_MS) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
    const key = event.code === "KeyA" ? "a" : event.code === "KeyD" ? "d" : null;
    const button = key && document.querySelector(`[data-key="${key}"]:not(:disabled)`);
    if (!button) return;
    event.preventDefault();
    if (key === "a") button.click();
    else button.focus();
  });

  const refresh = () => { if (desk()) htmx.trigger(desk(), "refresh"); };

  // What the exchange must not undo: a first touch on "withdraw", how far a list was scrolled, and why an answer does not stand.
  let kept = { open: [], scrolled: [], problem: null, of: null };
  const remember = () => {
    kept = {
      // Of two exchanges at once the second finds what the first has not yet opened again.
      open: [...(kept.recalled ? [] : kept.open), ...[...document.querySelectorAll("details[open][id]")].map((one) => one.id)],
      recalled: false,
      scrolled: SCROLLED.map((name) => [name, document.querySelector(name)?.scrollTop ?? 0]),
      problem: document.querySelector(".answer .problem"),
      of: shown()?.dataset.case,
    };
  };
  // At once, for a second exchange that comes before this one has settled would find every list at its top.
  const scrollBack = () => {
    for (const [name, top] of kept.scrolled) {
      const list = document.querySelector(name);
      if (list && (name === ".queue" || shown()?.dataset.case === kept.of)) list.scrollTop = top;
    }
  };
  const recall = () => {
    kept.recalled = true;
    for (const id of kept.open) document.getElementById(id)?.setAttribute("open", "");
    scrollBack();
    const answer = document.querySelector(".answer");
    if (kept.problem && answer && shown()?.dataset.case === kept.of && !answer.querySelector(".problem")) answer.prepend(kept.problem);
  };

  // Whether what was given into silence was stored, the next page says: an answer by where its request stands, all else by any difference.
  let unsentAt = null;
  let unsentOf = null;
  const standing = () => `${shown()?.dataset.case} ${document.querySelector(".answer")?.className}`;
  const asItStands = () => (unsentOf?.matches("[action$='/answer']") ? standing() : desk()?.dataset.version);
  const unsent = (form) => {
    const yes = form !== null;
    unsentOf = form;
    unsentAt = yes ? asItStands() : null;
    window.screens.whenReleased("not sent", () => {
      for (const banner of document.querySelectorAll("[data-not-sent]")) banner.hidden = !yes;
    });
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { detail } = event;
    const by = detail.requestConfig.elt;
    // Refused, not stored, or not signed in: the page says so in its own words.
    if ([401, 409, 429, 507].includes(detail.xhr.status)) {
      detail.shouldSwap = true;
      detail.isError = false;
    }
    // A wrong password is not kept in its place, though the name is.
    if (by.matches("[data-sign-in]") && detail.xhr.status >= 400) by.querySelector("[type=password]").value = "";
    if (!document.contains(detail.target)) {
      detail.shouldSwap = false;
      // A request that was chosen and could not be put in place is opened the long way.
      if (by.matches("[data-select]")) location.assign(by.href);
    }
    if (detail.shouldSwap) remember();
  });
  document.addEventListener("screen:failed", ({ detail }) => unsent(detail.form));
  // A word about an answer stands until the next one is given.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!(event.detail.elt instanceof HTMLFormElement)) return;
    unsent(null);
    document.querySelector(".answer .problem")?.remove();
  });
  for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(kind, (event) => {
      if (event.detail.elt.matches("[data-select]")) location.assign(event.detail.elt.href);
    });
  }
  // What is said beside the answer shows by the one way that the page changes; a text that was sent leaves its field.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (!form.matches("[data-refreshes]") || !event.detail.successful) return;
    if (form.matches("[data-empties]")) {
      const field = document.getElementById(form.dataset.empties);
      if (field) field.value = "";
    }
    refresh();
  });
  document.addEventListener("htmx:afterSwap", scrollBack);
  document.addEventListener("htmx:afterSettle", () => {
    recall();
    settle();
    if (unsentAt !== null && desk() && asItStands() !== unsentAt) unsent(null);
    window.screens.catchUp();
  });

  document.addEventListener("htmx:sseOpen", () => { if (unsentAt !== null) refresh(); });
  document.addEventListener("screen:lost", () => { lost = true; settle(); });
  document.addEventListener("screen:found", () => { lost = false; settle(); refresh(); });

  // A rung that arrives while somebody looks fills once.
  let rungs = { offer: null, arrived: 0 };
  const arrive = () => {
    const offer = shown() ? shown().dataset.case : null;
    const all = [...document.querySelectorAll(".rungs .arrived")];
    if (offer === rungs.offer) for (const rung of all.slice(rungs.arrived)) rung.classList.add("fresh");
    rungs = { offer, arrived: all.length };
  };

  // What comes for a desk that has been replaced would come to nobody, and take the picture along that has moved to the next. What became
  // of an answer is shown on the desk that stands there now, if that is still the same request's.
  const stay = (event) => {
    const { detail } = event;
    if (event.target.isConnected) return;
    detail.shouldSwap = detail.requestConfig.verb === "post" && detail.requestConfig.path === `/requests/${shown()?.dataset.case}/answer`;
    if (!detail.shouldSwap) return;
    Object.assign(detail, { target: desk(), isError: false });
    remember();
  };

  const settle = () => {
    desk()?.addEventListener("htmx:beforeSwap", stay);
    looked();
    arrive();
    hear();
    sound();
    tick();
    alarm.settle();
  };
  document.addEventListener("DOMContentLoaded", () => {
    settle();
    setInterval(tick, 250);
  });
})();
