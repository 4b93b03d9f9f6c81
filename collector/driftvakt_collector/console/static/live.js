// Keeps the page current: fetches the same address, swaps <main>, and leaves the reader where they were.
"use strict";

(() => {
  const EVERY = 10_000;
  const PATIENCE = 8_000;
  const root = document.documentElement;
  const live = document.getElementById("live");
  const trouble = document.getElementById("trouble");
  let timer = 0;
  let busy = false;
  let lastWords = "";

  const main = () => document.getElementById("main");

  function schedule() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(refresh, EVERY);
  }

  async function refresh() {
    if (busy || document.hidden) return;
    busy = true;
    const stop = new AbortController();
    const patience = setTimeout(() => stop.abort(), PATIENCE);
    try {
      const answer = await fetch(location.pathname + location.search, { signal: stop.signal, cache: "no-store" });
      if (answer.redirected && new URL(answer.url).pathname === "/login") {
        lost("Your session has ended.", "Log in again");
      } else if (!answer.ok && answer.status !== 404) {
        lost(`The collector answered ${answer.status}.`);
      } else {
        const text = await answer.text();
        if (!reading()) swap(new DOMParser().parseFromString(text, "text/html"));
        found();
      }
    } catch {
      lost("The collector cannot be reached.");
    } finally {
      clearTimeout(patience);
      busy = false;
      schedule();
    }
  }

  // Somebody marks a text or has a list open: the next round comes soon enough.
  function reading() {
    const marked = getSelection();
    if (document.activeElement instanceof HTMLSelectElement) return true;
    if (Array.from(main().querySelectorAll("textarea")).some((one) => one.value !== "")) return true;
    return marked !== null && !marked.isCollapsed && main().contains(marked.anchorNode);
  }

  function found() {
    live.className = "live on";
    root.classList.remove("lost-view");
    live.querySelector(".live-word").textContent = "Live";
    say("");
  }

  function lost(words, link = "") {
    const time = live.querySelector("time").textContent;
    live.className = "live lost";
    root.classList.add("lost-view");
    say(`${words} This is as of ${time}. `, link);
  }

  function say(words, link = "") {
    if (words === lastWords) return;
    lastWords = words;
    trouble.textContent = words;
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = location.href;
      anchor.textContent = link;
      trouble.append(anchor);
    }
  }

  function swap(page) {
    const fresh = page.getElementById("main");
    const stamp = page.getElementById("stamp");
    if (fresh === null || stamp === null) return;
    const old = main();
    const focus = place(document.activeElement);
    const scrolled = [window.scrollX, window.scrollY];
    const boxes = [...old.querySelectorAll("[id]")].filter((box) => box.scrollLeft || box.scrollTop);
    keep(old, fresh);
    old.replaceWith(document.adoptNode(fresh));
    document.getElementById("stamp").replaceWith(document.adoptNode(stamp));
    document.title = page.title;
    for (const box of boxes) {
      const again = document.getElementById(box.id);
      if (again !== null) again.scrollTo(box.kept[0], box.kept[1]);
    }
    sift();
    restore(focus);
    window.scrollTo(scrolled[0], scrolled[1]);
  }

  // What the reader opened or typed goes over to the fresh page before it is shown.
  function keep(old, fresh) {
    for (const box of old.querySelectorAll("[id]")) box.kept = [box.scrollLeft, box.scrollTop];
    for (const one of old.querySelectorAll("details[id]")) {
      const again = fresh.querySelector(`#${CSS.escape(one.id)}`);
      if (again !== null) again.open = one.open;
    }
    for (const one of old.querySelectorAll("input[id]")) {
      const again = fresh.querySelector(`#${CSS.escape(one.id)}`);
      if (again !== null && one.value !== one.defaultValue) again.value = one.value;
    }
  }

  // Where the focus is: the same thing on the fresh page has the same id or leads to the same address.
  function place(element) {
    if (!(element instanceof HTMLElement) || !main().contains(element)) return null;
    const href = element.getAttribute("href");
    let selector = "";
    if (element.id) selector = `#${CSS.escape(element.id)}`;
    else if (href !== null) selector = `a[href="${CSS.escape(href)}"]`;
    else if (element.localName === "summary" && element.parentElement.id)
      selector = `#${CSS.escape(element.parentElement.id)} > summary`;
    const typed = element instanceof HTMLInputElement && element.selectionStart !== null;
    return selector && { selector, marks: typed ? [element.selectionStart, element.selectionEnd] : null };
  }

  function restore(focus) {
    const element = focus && main().querySelector(focus.selector);
    if (!element) return;
    element.focus({ preventScroll: true });
    if (focus.marks) element.setSelectionRange(focus.marks[0], focus.marks[1]);
  }

  // The table of every series is searched while one types.
  function sift() {
    const box = document.getElementById("series-search");
    const rows = document.getElementById("series-rows");
    if (box === null || rows === null || box.value === box.defaultValue) return;
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows.rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    document.getElementById("series-count").textContent = `${shown} of ${rows.rows.length}`;
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "series-search") sift();
  });

  document.addEventListener("change", (event) => {
    if (event.target instanceof HTMLSelectElement && event.target.form?.id === "filters") event.target.form.requestSubmit();
  });

  // An empty field says nothing; without it the address stays readable.
  document.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    const details = document.getElementById("series");
    const box = document.getElementById("q") ?? document.getElementById("series-search") ?? document.getElementById("everything");
    if (box === null) return;
    event.preventDefault();
    if (details !== null) details.open = true;
    box.focus();
    box.select();
  });

  // The value under the pointer stands where the newest stands otherwise.
  document.addEventListener("pointerover", (event) => {
    for (const one of document.querySelectorAll(".read.pointed")) {
      one.replaceChildren(...one.kept);
      one.classList.remove("pointed");
    }
    const hit = event.target.closest?.(".hit");
    const read = hit?.closest(".graph")?.querySelector(".read");
    if (!read) return;
    read.kept = [...read.childNodes];
    read.textContent = hit.textContent;
    read.classList.add("pointed");
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else refresh();
  });

  live.className = "live on";
  live.querySelector(".live-word").textContent = "Live";
  schedule();
})();
