// The list of findings in the HTML report.
//
// Conventions:
// - All data comes from the JSON island; the page loads nothing. Findings are columns of numbers into tables of distinct
//   texts (crates/cli/src/output/html_data.rs), so 100,000 of them parse in a moment and filters compare numbers.
// - Texts reach the page through textContent only, never as markup: names of resources come from strangers.
// - A group (one control) is a native <details>, which brings keyboard use; its inside is built when it is opened, and
//   its resources appear in portions.
// - The filters stand in the URL's fragment, so a link is a view.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { words, strings, controls, resources, findings } = data;
  const total = findings.control.length;
  const PORTION = 50;
  const PRINTED = 25;
  const CLASSES = ["failed", "unjudged", "suppressed", "passed"];
  const SEVERITIES = ["critical", "high", "medium", "low", "informational"];
  const SHAPES = {
    critical: "M5 0l5 5-5 5-5-5z", high: "M5 0l5 10H0z", medium: "M0 0h10v10H0z",
    low: "M5 0a5 5 0 1 1 0 10A5 5 0 0 1 5 0z", informational: "M0 4h10v2H0z",
  };
  const byId = (id) => document.getElementById(id);
  const fill = (phrase, ...values) => {
    let next = 0;
    return phrase.replace(/\{(\d?)\}/g, (_, place) => values[place === "" ? next++ : Number(place)]);
  };
  const number = (value) => value.toLocaleString("en-US");

  const element = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  const badge = (kind, label) => {
    const made = element("span", "badge " + kind, label);
    if (SHAPES[kind]) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 10 10");
      svg.setAttribute("aria-hidden", "true");
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", SHAPES[kind]);
      svg.append(path);
      made.prepend(svg);
    }
    return made;
  };

  // ---- Filters -----------------------------------------------------------------------------------------------------

  const state = { status: "failed", severity: "", service: "", account: "", region: "", standard: "", change: "", q: "", control: "" };
  const initial = { ...state };
  const fields = ["severity", "service", "account", "region", "standard", "change"];

  const readFragment = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    Object.assign(state, initial);
    for (const name of Object.keys(state)) if (wanted.has(name)) state[name] = wanted.get(name);
    if (state.status !== "all" && !CLASSES.includes(state.status)) state.status = initial.status;
  };
  const writeFragment = () => {
    const shown = new URLSearchParams();
    for (const name of Object.keys(state)) if (state[name] !== initial[name]) shown.set(name, state[name]);
    const text = shown.toString();
    try {
      history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
    } catch { /* A sandboxed page may not; the filters work without. */ }
  };

  const options = (id, name, entries) => {
    const select = byId(id);
    for (const [value, label] of entries) {
      const option = element("option", "", label);
      option.value = value;
      select.append(option);
    }
    select.addEventListener("change", () => { state[name] = select.value; apply(); });
  };
  const accountLabel = (index) => {
    const [account, name] = data.accounts[index];
    return name ? account + " (" + name + ")" : account;
  };

  // Search text of a resource or a control, made once and kept.
  const resourceText = new Array(resources.id.length);
  const textOfResource = (index) => {
    if (resourceText[index] === undefined) {
      const parts = [strings[resources.id[index]], strings[resources.name[index]], strings[resources.type[index]]];
      resourceText[index] = parts.join(" ").toLowerCase();
    }
    return resourceText[index];
  };
  const textOfControl = controls.map((control) => (control.id + " " + control.title).toLowerCase());
  const evidenceText = new Array(data.evidence.length);
  const textOfEvidence = (index) => {
    if (evidenceText[index] === undefined) {
      evidenceText[index] = data.evidence[index].map((part) => strings[part]).join(" ").toLowerCase();
    }
    return evidenceText[index];
  };

  // Everything but the status, so that the tabs can show what each status would give.
  const matcher = () => {
    const severity = SEVERITIES.indexOf(state.severity);
    const account = data.accounts.findIndex(([id]) => id === state.account);
    const region = data.regions.indexOf(state.region);
    const controlFits = controls.map((control) =>
      (severity < 0 || control.severity === severity)
      && (state.service === "" || control.service === state.service)
      && (state.standard === "" || control.standards.some(([id]) => data.standards[id][0] === state.standard)));
    const needles = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const controlHits = needles.map((needle) => textOfControl.map((text) => text.includes(needle)));
    return (at) => {
      const control = findings.control[at];
      if (!controlFits[control]) return false;
      const resource = findings.resource[at];
      if (state.account !== "" && resources.account[resource] !== account) return false;
      if (state.region !== "" && resources.region[resource] !== region) return false;
      if (state.change === "changed" && findings.change[at] !== 1 && findings.change[at] !== 2) return false;
      return needles.every((needle, which) => controlHits[which][control]
        || textOfResource(resource).includes(needle) || textOfEvidence(findings.evidence[at]).includes(needle)
        || textOfEvidence(findings.reasons[at]).includes(needle));
    };
  };

  // ---- Groups ------------------------------------------------------------------------------------------------------

  let groups = [];

  const collect = () => {
    const fits = matcher();
    const perStatus = [0, 0, 0, 0];
    const wanted = CLASSES.indexOf(state.status);
    const made = new Map();
    for (let at = 0; at < total; at += 1) {
      if (!fits(at)) continue;
      const kind = findings.class[at];
      perStatus[kind] += 1;
      if (wanted >= 0 && kind !== wanted) continue;
      let group = made.get(findings.control[at]);
      if (!group) {
        group = { control: findings.control[at], members: [], changes: [0, 0, 0] };
        made.set(findings.control[at], group);
      }
      group.members.push(at);
      if (kind === 0) group.changes[findings.change[at]] += 1;
    }
    groups = [...made.values()];
    // Controls arrive in natural order, and the sort is stable: ties stay in that order.
    groups.sort((left, right) => controls[left.control].severity - controls[right.control].severity
      || right.members.length - left.members.length || left.control - right.control);
    return perStatus;
  };

  const perControl = new Array(controls.length).fill(0);
  for (const control of findings.control) perControl[control] += 1;

  const groupElement = (group) => {
    const control = controls[group.control];
    const severity = SEVERITIES[control.severity];
    const fresh = element("span", "");
    for (const [change, word] of [[1, words.new], [2, words.regressed]]) {
      if (group.changes[change] > 0) fresh.append(badge("changed", word + " " + number(group.changes[change])), " ");
    }
    const many = fill(words.of_resources, number(group.members.length), number(perControl[group.control]));
    const summary = element("summary", "",
      badge(severity, words[severity]), element("span", "id mono", control.id), element("span", "name", control.title),
      fresh, element("span", "many", many));
    const details = element("details", "group", summary);
    details.id = "c-" + control.id;
    details.addEventListener("toggle", () => {
      if (details.dataset.printed) return;
      if (details.open) openGroup(details, group, PORTION);
      if (details.open) state.control = control.id;
      else if (state.control === control.id) state.control = "";
      writeFragment();
    });
    return details;
  };

  const openGroup = (details, group, portion) => {
    if (details.querySelector(".body")) return;
    const control = controls[group.control];
    const body = element("div", "body");
    const texts = element("div", "texts");
    for (const [label, text] of [[words.why, control.why], [words.accept_when, control.accept_when]]) {
      if (text) texts.append(element("div", "", element("h3", "", label), element("p", "", text)));
    }
    body.append(texts);
    const fix = fixBox(control);
    if (fix) body.append(fix);
    if (control.standards.length > 0) {
      const chips = element("div", "chips");
      for (const [standard, requirements] of control.standards) {
        chips.append(element("span", "chip", data.standards[standard][1] + (requirements ? ": " + requirements : "")));
      }
      body.append(chips);
    }
    body.append(foundTable(group, portion));
    details.append(body);
  };

  const fixBox = (control) => {
    const dialects = ["console", "cli", "cloudformation", "terraform"].filter((name) => control.fix[name]);
    if (dialects.length === 0) return null;
    const box = element("div", "fixbox");
    const tabs = element("div", "tabs");
    tabs.setAttribute("role", "tablist");
    tabs.setAttribute("aria-label", words.how_to_fix);
    const copy = element("button", "button", words.copy);
    copy.type = "button";
    const panels = dialects.map((name) => {
      const panel = element(name === "console" ? "div" : "pre", name === "console" ? "prose" : "", control.fix[name]);
      panel.setAttribute("role", "tabpanel");
      panel.id = "fix-" + control.id + "-" + name;
      return panel;
    });
    const buttons = dialects.map((name, at) => {
      const tab = element("button", "", words[name]);
      tab.type = "button";
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panels[at].id);
      tab.addEventListener("click", () => choose(at));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: dialects.length - 1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        choose((at + step) % dialects.length);
        buttons[(at + step) % dialects.length].focus();
      });
      return tab;
    });
    let chosen = 0;
    const choose = (wanted) => {
      chosen = wanted;
      buttons.forEach((tab, at) => {
        tab.setAttribute("aria-selected", String(at === wanted));
        tab.tabIndex = at === wanted ? 0 : -1;
        panels[at].hidden = at !== wanted;
      });
    };
    copy.addEventListener("click", async () => {
      await copyText(control.fix[dialects[chosen]]);
      copy.textContent = words.copied;
      setTimeout(() => { copy.textContent = words.copy; }, 1500);
    });
    tabs.append(...buttons, copy);
    box.append(tabs);
    panels.forEach((panel) => box.append(panel));
    choose(0);
    box.prepend(element("div", "label small", words.how_to_fix + ": " + words[dialects[0]]));
    return box;
  };

  const copyText = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Pages opened as files have no clipboard in some browsers.
      const area = element("textarea", "spoken", text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  const foundTable = (group, portion) => {
    const manyAccounts = data.accounts.length > 1;
    const heads = [words.resource, ...(manyAccounts ? [words.account] : []), words.region, words.status, words.evidence, words.since];
    const rows = element("tbody", "");
    const table = element("table", "found", element("thead", "", element("tr", "", ...heads.map((head) => element("th", "", head)))), rows);
    const box = element("div", "", element("div", "scroll", table));
    const more = element("button", "button more", "");
    more.type = "button";
    let shown = 0;
    const grow = (count) => {
      const part = group.members.slice(shown, shown + count);
      rows.append(...part.map((at) => foundRow(at, manyAccounts)));
      shown += part.length;
      const left = group.members.length - shown;
      more.hidden = left === 0;
      more.textContent = fill(words.show_more, number(Math.min(left, PORTION * 4)));
    };
    more.addEventListener("click", () => grow(PORTION * 4));
    grow(portion);
    box.append(more);
    if (portion === PRINTED && group.members.length > shown) {
      box.append(element("p", "soft printonly", fill(words.and_more, number(group.members.length - shown))));
    }
    return box;
  };

  const foundRow = (at, manyAccounts) => {
    const resource = findings.resource[at];
    const kind = CLASSES[findings.class[at]];
    const id = strings[resources.id[resource]];
    const name = strings[resources.name[resource]];
    const what = element("td", "rid", element("div", "mono", id));
    const type = strings[resources.type[resource]];
    what.append(element("div", "soft small", name && !id.endsWith(name) ? type + " / " + name : type));
    const status = element("td", "", badge(kind === "unjudged" ? "unjudged" : kind, words[data.statuses[findings.status[at]]]));
    if (kind === "suppressed") status.append(element("div", "small soft", words.suppressed));
    const change = [null, words.new, words.regressed][findings.change[at]];
    if (change) status.append(" ", badge("changed", change));
    return element("tr", "", what,
      manyAccounts ? element("td", "", accountLabel(resources.account[resource])) : null,
      element("td", "keep", data.regions[resources.region[resource]]), status, whyCell(at), element("td", "", dateOf(findings.since[at])));
  };

  const whyCell = (at) => {
    const cell = element("td", "why");
    const pairs = data.evidence[findings.evidence[at]];
    for (let part = 0; part < pairs.length; part += 2) {
      cell.append(element("div", "mono", strings[pairs[part]] + " = " + strings[pairs[part + 1]]));
    }
    const reasons = data.evidence[findings.reasons[at]];
    for (let part = 0; part < reasons.length; part += 2) {
      cell.append(element("div", "", strings[reasons[part + 1]] + " (" + strings[reasons[part]] + ")"));
    }
    const decision = data.suppressions[findings.suppression[at] - 1];
    if (decision) {
      cell.append(element("div", "", decision.reason),
        element("div", "soft small", [fill(words.until, decision.until), decision.owner, decision.source].filter(Boolean).join(" / ")));
    }
    return cell;
  };

  const dateOf = (seconds) => {
    const moment = new Date((data.taken + seconds) * 1000);
    const made = element("time", "", moment.toISOString().slice(0, 10));
    made.dateTime = moment.toISOString();
    made.title = moment.toISOString();
    return made;
  };

  // ---- The page ----------------------------------------------------------------------------------------------------

  const list = byId("groups");
  const apply = () => {
    const perStatus = collect();
    for (const tab of document.querySelectorAll("#status-tabs button")) {
      const status = tab.dataset.status;
      const count = status === "all" ? perStatus.reduce((left, right) => left + right, 0) : perStatus[CLASSES.indexOf(status)];
      tab.setAttribute("aria-pressed", String(status === state.status));
      tab.querySelector(".n").textContent = number(count);
    }
    for (const name of fields) byId("f-" + name).value = state[name];
    if (document.activeElement !== byId("q")) byId("q").value = state.q;
    const findingsShown = groups.reduce((sum, group) => sum + group.members.length, 0);
    byId("count").textContent = fill(words.matching, number(groups.length), number(findingsShown));
    list.replaceChildren(...(groups.length > 0 ? groups.map(groupElement) : [element("p", "card soft", words.no_match)]));
    // The open control stays open while filters change around it.
    const open = state.control && byId("c-" + state.control);
    if (open) open.open = true;
    writeFragment();
  };

  const reveal = (controlId) => {
    const index = controls.findIndex((control) => control.id === controlId);
    if (index < 0) return;
    Object.assign(state, initial, { control: controlId });
    apply();
    show(controlId);
  };

  const show = (controlId) => {
    const target = byId("c-" + controlId);
    if (!target) return;
    target.open = true;
    target.scrollIntoView({ block: "start" });
    target.querySelector("summary").focus({ preventScroll: true });
  };

  const move = (step) => {
    const summaries = [...list.querySelectorAll("details.group > summary")];
    const now = summaries.indexOf(document.activeElement);
    const next = summaries[Math.max(0, Math.min(summaries.length - 1, now < 0 ? 0 : now + step))];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };

  const clear = () => { Object.assign(state, initial); byId("q").value = ""; apply(); };

  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName);
    if (event.key === "Escape") { document.activeElement.blur(); clear(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); byId("q").focus(); byId("q").select(); }
    if (event.key === "j") move(1);
    if (event.key === "k") move(-1);
  });

  for (const tab of document.querySelectorAll("#status-tabs button")) {
    tab.addEventListener("click", () => { state.status = tab.dataset.status; apply(); });
  }
  options("f-severity", "severity", SEVERITIES.slice(0, 4).map((name) => [name, words[name]]));
  const services = [...new Set(controls.map((control) => control.service))].sort();
  options("f-service", "service", services.map((name) => [name, name]));
  options("f-account", "account", data.accounts.map(([id], index) => [id, accountLabel(index)]));
  options("f-region", "region", [...data.regions].sort().map((name) => [name, name]));
  options("f-standard", "standard", data.standards.map(([id, name]) => [id, name]));
  options("f-change", "change", [["changed", words.new_and_regressed]]);
  byId("f-account").hidden = data.accounts.length < 2;
  byId("f-change").hidden = !data.has_changes;
  let waiting;
  byId("q").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.q = byId("q").value.trim(); apply(); }, 120);
  });
  byId("clear").addEventListener("click", clear);
  for (const link of document.querySelectorAll("a[data-control]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); reveal(link.dataset.control); });
  }

  const remember = (theme) => { try { localStorage.setItem("sekisho-theme", theme); } catch { /* Not for files in every browser. */ } };
  try {
    const remembered = localStorage.getItem("sekisho-theme");
    if (remembered === "dark" || remembered === "light") document.documentElement.dataset.theme = remembered;
  } catch { /* The system's choice stands. */ }
  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember(root.dataset.theme);
  });

  // Times in the reader's zone, UTC in the tooltip.
  for (const time of document.querySelectorAll("time[data-local]")) {
    const moment = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = moment.toLocaleString(document.documentElement.lang, {
      year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
    });
  }

  // Paper shows every group that matches, each with its first resources; afterwards the page is as it was.
  addEventListener("beforeprint", () => {
    list.querySelectorAll("details.group").forEach((details, index) => {
      if (details.open) return;
      openGroup(details, groups[index], PRINTED);
      details.dataset.printed = "yes";
      details.open = true;
    });
  });
  addEventListener("afterprint", () => {
    for (const details of list.querySelectorAll("details[data-printed]")) {
      details.open = false;
      details.querySelector(".body").remove();
      // The events of opening and closing come later and must still find the mark.
      setTimeout(() => details.removeAttribute("data-printed"), 0);
    }
  });

  const follow = () => { readFragment(); apply(); if (state.control) show(state.control); };
  addEventListener("hashchange", () => { if (location.hash.includes("=")) follow(); });
  follow();
  document.documentElement.dataset.ready = "yes";
})();
