// Shows what a session in Python returns and sends back what was pressed. It decides nothing,
// keeps nothing, and sets every value as text: what somebody wrote can never become markup.

const PATIENCE = 8000; // milliseconds without an answer after which that is said

// The notebook's own single-letter keys must rest while something here has the focus. JupyterLab asks
// for this mark from the focused element upwards, and stops at the first element that one of its keys fits.
const REST = "data-lm-suppress-shortcuts";
const FOCUSABLE = ["a", "button", "input", "summary", "textarea"];

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  if (FOCUSABLE.includes(tag) || "tabindex" in properties) node.setAttribute(REST, "true");
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

const when = (value, build) => (value && (!Array.isArray(value) || value.length) ? build(value) : null);
const label = (words) => make("div", { class: "nk-label" }, words);

function button(send, { key, says, send: message, advised, also, href }, properties = {}) {
  const keys = [key, also].filter(Boolean);
  return make(
    href ? "a" : "button",
    {
      ...(href ? { href, target: "_blank", rel: "noopener noreferrer" } : { type: "button" }),
      class: advised ? "nk-button nk-advised" : "nk-button",
      "data-key": key || undefined,
      "data-also": also,
      "aria-keyshortcuts": keys.join(" ") || undefined,
      click: () => send(message),
      ...properties,
    },
    says,
    keys.map((each) => make("kbd", {}, each === "Enter" ? "⏎" : each.toUpperCase())),
    advised ? make("span", { class: "nk-advice" }, "the policy") : null,
  );
}

// ---- one request at a time

function card(view, send) {
  return [
    head(view),
    view.done
      ? [[view.done, ...view.closing].map((line) => make("p", { class: "nk-done" }, line)), tools(view, send)]
      : request(view, send),
    when(view.last, (last) => recorded(last, view, send)),
  ];
}

const tools = (view, send) => make("div", { class: "nk-row nk-tools" }, view.tools.map((tool) => button(send, tool)));

function head({ shows, title, place, pace, progress, notice, problem, hidden }) {
  return [
    make(
      "div",
      { class: "nk-head" },
      make("strong", { role: "heading", "aria-level": "2" }, title),
      make("span", { class: "nk-quiet" }, place),
      make("span", { class: "nk-quiet nk-pace" }, pace),
      shows === "card" ? make("span", { class: "nk-quiet nk-hint" }, "Click here to use the keys.") : null,
    ),
    when(progress, ({ have, need, words }) =>
      make(
        "label",
        { class: "nk-progress nk-quiet" },
        make("progress", { max: need, value: Math.min(have, need) }),
        words,
      ),
    ),
    when(notice, (text) => make("p", { class: "nk-notice" }, text)),
    when(problem, (text) => make("p", { class: "nk-problem", role: "alert" }, text)),
    when(hidden, (text) => make("p", { class: "nk-quiet" }, text)),
  ];
}

function request(view, send) {
  return [
    make(
      "div",
      { class: "nk-who" },
      make("bdi", { class: "nk-name" }, view.name),
      make("span", { class: "nk-quiet" }, [view.sent, view.status].filter(Boolean).join(" · ")),
    ),
    make(
      "div",
      { class: "nk-columns" },
      make("div", {}, label("The note"), note(view.note)),
      make("div", {}, label("What is known"), known(view.known)),
    ),
    when(view.question, (question) => ask(question, send)),
    when(view.alike, ({ says, how, names }) => together(`${says} ${how}`, names, send)),
    label(view.asks),
    make("div", { class: "nk-row nk-actions" }, view.actions.map((action) => button(send, action))),
    tools(view, send),
    when(view.opinions, (opinions) => make("div", { class: "nk-columns nk-opinions" }, opinions.map(opinion))),
    when(view.letter, (letter) =>
      make("details", { class: "nk-letter", open: true, "data-id": "letter" },
        make("summary", {}, letter.title), draft(letter, view.request, send)),
    ),
  ];
}

function together(says, names, send) {
  return make("div", { class: "nk-question", role: "group", "aria-label": says },
    make("div", {}, says),
    make("div", { class: "nk-row nk-names" }, names.map(({ says: name, why, send: message, in: within }) =>
      make("button", { type: "button", class: within ? "nk-button nk-advised" : "nk-button", "aria-pressed": String(within),
        "data-id": `apart ${message.of}`, click: () => send(message) }, make("bdi", {}, name), when(why, (text) => make("span", { class: "nk-why" }, text))))));
}

function note(text) {
  if (!text) return make("p", { class: "nk-quiet" }, "No note came with it.");
  return make(
    "div",
    { class: "nk-note", dir: "auto", tabindex: "0", role: "region", "aria-label": "The note", "data-id": "note" },
    text,
  );
}

function known(facts) {
  if (!facts.length) return make("p", { class: "nk-quiet" }, "Nothing yet.");
  const origins = [...new Set(facts.map((fact) => fact.from))];
  return make(
    "dl",
    { class: "nk-known" },
    origins.map((from) => [
      make("dt", { class: "nk-quiet" }, from),
      make("dd", {}, facts.filter((fact) => fact.from === from).map(({ fact, level, question }) =>
        make("span", { class: "nk-fact", title: question }, `${fact}: `, make("strong", {}, level)))),
    ]),
  );
}

function ask({ question, means, hint, leads, number, buttons }, send) {
  const answer = (event) => event.target.value && send({ do: "answer", fact: number, level: event.target.value });
  return make(
    "div",
    { class: "nk-question", role: "group", "aria-label": "The next thing to find out" },
    make("div", {}, make("strong", {}, question), " ", make("span", { class: "nk-quiet" }, [means, hint].filter(Boolean).map((text) => text.replace(/\.?$/, ".")).join(" "))),
    make(
      "div",
      { class: "nk-row" },
      number ? make("input", { type: "number", min: 0, "aria-label": question, "data-id": "number", change: answer }) : null,
      buttons.map((each) => button(send, each)),
    ),
    leads.map((text) => make("div", { class: "nk-quiet" }, text)),
  );
}

function opinion({ judge, says, reason, more, chance, low, high, parts }) {
  return make(
    "div",
    { class: "nk-opinion" },
    label(judge),
    make("strong", {}, says),
    when(chance !== undefined, () => chanceBar(chance, low, high)),
    when(reason, (text) => make("p", {}, text)),
    when(parts, (all) => partsTable(all.slice(0, 6).map((part) => ({ ...part, before: part.value })))),
    when(more, (lines) => make("ul", { class: "nk-quiet" }, lines.map((line) => make("li", {}, line)))),
  );
}

function draft(letter, request, send) {
  const { key } = letter.copy;
  const text = letter.text && make("textarea", {
    class: "nk-text", rows: Math.min(16, letter.text.split("\n").length + 1), dir: "auto",
    "aria-label": "The draft", "data-id": `${key} text`,
  });
  if (text) text.value = letter.text;
  const copied = make("span", { class: "nk-quiet", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      copied.textContent = "Copied; read it once more before you send it.";
    } catch {
      text.select();
      copied.textContent = "Selected: copy it with your own keys.";
    }
  };
  return [
    letter.asks.map(({ name, question, value }) =>
      make("label", { class: "nk-ask" }, question,
        make("input", { type: "text", value, "data-id": `${key} ${name}`,
          change: (event) => send({ do: "tell", name, value: event.target.value, of: request }) }))),
    text ? make("div", { class: "nk-quiet" }, `To ${letter.to}. Subject: ${letter.subject}`) : null,
    text || null,
    letter.english ? make("details", { "data-id": `${key} english` },
      make("summary", {}, letter.in_english), make("div", { class: "nk-english" }, letter.english)) : null,
    when(letter.warnings, (lines) => make("ul", { class: "nk-quiet" }, lines.map((line) => make("li", {}, line)))),
    text ? make("div", { class: "nk-row" }, button(copy, letter.copy), copied) : null,
  ];
}

function recorded({ written, there, name, request, done, opinions, letter }, view, send) {
  return make(
    "div",
    { class: "nk-last" },
    make("div", {}, `${written}: `, make("bdi", {}, name), ": ", make("strong", {}, done), `. ${there}`),
    opinions.map((line) => make("div", { class: "nk-quiet" }, line)),
    when(letter, (owed) =>
      make("details", { class: "nk-letter", open: Boolean(view.done), "data-id": "last letter" },
        make("summary", {}, owed.title), draft(owed, request, send))),
  );
}

// ---- your own files

function files(view, send) {
  const field = (name) => make("label", { class: "nk-ask" }, view.asks[name],
    make("input", { type: "text", "data-id": name, keydown: (event) => event.key === "Enter" && add() }));
  const [path, me] = [field("path"), field("me")];
  const add = () => send({ ...view.add.send, path: path.lastChild.value, me: me.lastChild.value });
  return [
    head(view),
    make("p", { class: "nk-quiet" }, view.about),
    when(view.said, (lines) => lines.map((line) => make("p", { role: "status" }, line))),
    when(view.none, (text) => make("p", {}, text)),
    view.sources.map(({ name, holds, remove }) => make("div", { class: "nk-row" },
      make("bdi", {}, name), make("span", { class: "nk-quiet" }, holds),
      button(send, remove, { "data-id": `remove ${remove.send.source}`, "aria-label": `${remove.says}: ${name}` }))),
    when(view.right, (lines) => lines.map((line) => make("p", { class: "nk-quiet" }, line))),
    path,
    me,
    make("div", { class: "nk-row" }, button(add, view.add)),
  ];
}

// ---- what if

function whatIf(view, send) {
  const origins = [...new Set(view.facts.map((fact) => fact.from))];
  return [
    head(view),
    make(
      "div",
      { class: "nk-columns nk-what-if" },
      make("div", { class: "nk-facts" }, origins.map((from) => [
        label(from), view.facts.filter((fact) => fact.from === from).map((fact) => choice(fact, view, send)),
      ])),
      make("div", { class: "nk-judges" }, view.judges.map(judged),
        tools(view, send)),
    ),
  ];
}

function choice({ fact, words, question, number, level, levels, changed, was }, view, send) {
  const suppose = (value) => send({ do: "suppose", fact, level: value });
  return make(
    "fieldset",
    { class: changed ? "nk-choice nk-changed" : "nk-choice", title: question },
    make("legend", {}, words, changed ? make("span", { class: "nk-quiet" }, ` (was ${was})`) : null),
    number
      ? make("input", { type: "number", min: 0, value: level, "aria-label": words, "data-id": fact,
          change: (event) => suppose(event.target.value) })
      : levels.map((each) =>
          make("label", { class: "nk-level" },
            make("input", { type: "radio", name: `${view.scope} ${fact}`, checked: each.level === level,
              "data-id": `${fact} ${each.level}`, change: () => suppose(each.level) }),
            each.words)),
  );
}

function judged({ judge, says, before, reason, more, chance, low, high, moves }) {
  return make(
    "div",
    { class: "nk-opinion" },
    label(judge),
    make("strong", { role: "status" }, says),
    before === says ? null : make("div", { class: "nk-quiet" }, `Before: ${before}`),
    when(chance !== undefined, () => chanceBar(chance, low, high)),
    when(reason, (text) => make("p", {}, text)),
    when(moves, partsTable),
    when(more, (lines) => make("ul", { class: "nk-quiet" }, lines.map((line) => make("li", {}, line)))),
  );
}

// ---- pictures: their meaning stands in words and numbers beside them

function styled(node, style) {
  Object.assign(node.style, style);
  return node;
}

function chanceBar(chance, low, high) {
  const percent = (share) => `${100 * share}%`;
  return make(
    "div",
    { class: "nk-chance", "aria-hidden": "true" },
    styled(make("div", { class: "nk-interval" }), { left: percent(low), width: percent(high - low) }),
    styled(make("div", { class: "nk-point" }), { left: percent(chance) }),
  );
}

const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(1);

function partsTable(parts) {
  const widest = Math.max(1, ...parts.flatMap(({ value, before }) => [Math.abs(value), Math.abs(before)]));
  const bar = (value, name) => {
    const share = (50 * Math.abs(value)) / widest;
    return styled(make("div", { class: `nk-bar ${name} ${value < 0 ? "nk-against" : "nk-for"}` }),
      { width: `${share}%`, left: `${value < 0 ? 50 - share : 50}%` });
  };
  return make(
    "table",
    { class: "nk-parts" },
    make("caption", { class: "nk-quiet" }, "What moves it: right speaks for accepting, left against. Each 1 multiplies the odds by 2.7."),
    make("tbody", {}, parts.map(({ words, value, before }) =>
      make("tr", {},
        make("th", { scope: "row" }, words),
        make("td", { class: "nk-bars", "aria-hidden": "true" }, before === value ? null : bar(before, "nk-was"), bar(value, "nk-is")),
        make("td", { class: "nk-value" }, signed(value), before === value ? null : make("span", { class: "nk-quiet" }, ` was ${signed(before)}`))))),
  );
}

// ---- the frame around both

function render({ model, el }) {
  const root = make("div", { class: "nk", tabindex: "0", role: "group", "aria-label": "netkit" });
  const announced = make("div", { class: "nk-unseen", "aria-live": "polite" });
  const body = make("div");
  root.append(announced, body);
  el.append(root);
  const scope = Math.random().toString(36).slice(2); // radio buttons of two widgets must not be one group
  let waiting = null;
  let shownRequest = null;

  function send(message) {
    if (waiting && message.do !== "tell") return; // the answer to the last press is not on the screen yet
    clearTimeout(waiting);
    waiting = setTimeout(unheard, PATIENCE, "The kernel has not answered yet. If it is not busy, run the cell again.");
    try {
      model.send({ ...message, request: model.get("view").request });
    } catch {
      unheard("The kernel is gone: nothing was recorded. Run the cell again.");
    }
  }

  function unheard(problem) {
    clearTimeout(waiting);
    waiting = null;
    draw({ ...model.get("view"), problem });
  }

  function draw(view) {
    const within = root.contains(document.activeElement);
    const focused = document.activeElement?.dataset?.id;
    const typed = within && focused && document.activeElement.value;
    const open = new Map([...body.querySelectorAll("details")].map((each) => [each.dataset.id, each.open]));
    const show = { card, files, what_if: (what, to) => whatIf({ ...what, scope }, to) }[view.shows];
    const content = show(view, send);
    body.replaceChildren(...content.flat(Infinity).filter(Boolean));
    const same = view.request === shownRequest;
    for (const each of body.querySelectorAll("details")) if (same && open.has(each.dataset.id)) each.open = open.get(each.dataset.id);
    if (within) refocus(same && focused, typed);
    if (!same) announced.textContent = view.done || `${view.name ?? view.title}. ${view.question?.question ?? view.asks?.path ?? view.asks ?? ""}`;
    shownRequest = view.request;
    root.dataset.heard = view.heard ?? 0;
  }

  function refocus(id, typed) {
    const again = id && [...body.querySelectorAll("[data-id]")].find((node) => node.dataset.id === id);
    if (again && again.matches("input[type=text], input[type=number], textarea") && typed !== undefined) again.value = typed;
    (again || root).focus({ preventScroll: true });
  }

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select")) {
      if (event.key === "Escape") root.focus();
      return;
    }
    const own = event.target.closest("button, summary, a") && ["Enter", " "].includes(event.key);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const hit = !own && [...body.querySelectorAll("[data-key]")].find(({ dataset }) => dataset.key === key || dataset.also === key);
    if (!hit) return;
    event.preventDefault();
    if (!event.repeat) hit.click(); // a key held down presses once
  });
  const changed = () => {
    clearTimeout(waiting);
    waiting = null;
    draw(model.get("view"));
  };
  model.on("change:view", changed);
  draw(model.get("view"));
  // The next key is meant for the card that a cell has just opened, and must not fall into the next cell; unless
  // somebody has begun to write there, or is at another card.
  if (model.get("view").shows === "card") setTimeout(() => {
    const at = document.activeElement;
    const writes = at?.closest("input, textarea, [contenteditable=true]");
    if (!at?.closest(".nk") && !(writes && (writes.value || writes.textContent))) root.focus({ preventScroll: true });
  });
  return () => model.off("change:view", changed);
}

export default { render };
