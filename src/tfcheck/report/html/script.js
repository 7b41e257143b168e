"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const form = document.getElementById("filters");
  const search = document.getElementById("search");
  const rule = document.getElementById("rule");
  const shown = document.getElementById("shown");
  const items = all("[data-verdict]").map((element) => ({
    element,
    verdicts: element.dataset.verdict.split(" "),
    rules: element.dataset.rule.split(" "),
    parts: all(":scope > .columns", element),
  }));
  const texts = new WeakMap();
  const sections = all("section[data-list]").map((element) => ({
    none: element.querySelector(".none"),
    items: items.filter((item) => element.contains(item.element)),
  }));
  let waiting = 0;

  const text = (element) => {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element);
  };

  const matches = (item, words, verdicts) => {
    if (!item.verdicts.some((each) => verdicts.has(each))) return false;
    if (rule.value !== "" && !item.rules.includes(rule.value)) return false;
    return words.every((word) => text(item.element).includes(word));
  };

  /* Of a finding with several groups of task definitions only those stay that have the words, if one has them all. */
  const narrow = (item, words) => {
    if (item.parts.length < 2) return;
    const title = text(item.element.firstElementChild);
    const left = words.filter((word) => !title.includes(word));
    const kept = item.parts.filter((part) => left.every((word) => text(part).includes(word)));
    const shownParts = new Set(kept);
    for (const part of item.parts) part.hidden = kept.length > 0 && left.length > 0 && !shownParts.has(part);
  };

  const filter = () => {
    waiting = 0;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(all("input[name=verdict]:checked", form).map((each) => each.value));
    let number = 0;
    for (const item of items) {
      const kept = matches(item, words, verdicts);
      item.element.hidden = !kept;
      if (kept) narrow(item, words);
      number += kept ? 1 : 0;
    }
    for (const section of sections) section.none.hidden = section.items.some((item) => !item.element.hidden);
    shown.textContent = number === items.length ? `${number} shown` : `${number} of ${items.length} shown`;
  };

  const soon = () => {
    if (!waiting) waiting = requestAnimationFrame(filter);
  };

  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target instanceof HTMLDetailsElement) target.open = true;
    if (target.hidden) {
      form.reset();
      filter();
      target.scrollIntoView();
    }
  };

  form.hidden = false;
  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(soon));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openTarget);
  addEventListener("keydown", (event) => {
    const writing = event.target instanceof HTMLElement && event.target.matches("input[type=search], select");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      soon();
    }
  });

  const maps = all("details.map");
  const toggle = document.getElementById("toggle");
  if (toggle) {
    const anyOpen = () => maps.some((each) => each.open && !each.hidden);
    const label = () => {
      toggle.textContent = anyOpen() ? "Close all maps" : "Open all maps";
    };
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const open = !anyOpen();
      for (const each of maps) each.open = open && !each.hidden;
    });
    for (const each of maps) each.addEventListener("toggle", label);
    label();
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])").filter((each) => !each.hidden);
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });

  filter();
  openTarget();
})();
