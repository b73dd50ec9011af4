// Holds a letter to its manners in the page, exactly as netkit.letters.lint does; a test holds the two together.
// What is looked for comes from netkit/letters and netkit/phrases, as patterns (see netkit/handbook/intake.py).
globalThis.netkitLint = (() => {
  const { checks, languages, longest } = globalThis.netkitIntake.lint;
  // Python's patterns mean words of every script, and escape signs that a browser's do not.
  const [word, other] = ["[\\p{L}\\p{N}_]", "[^\\p{L}\\p{N}_]"];
  const edge = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
  const read = (source) => source.replaceAll("[^\\w", "[^\\p{L}\\p{N}_").replace(/\\(.)/gu, (all, sign) =>
    ({ w: word, W: other, b: edge })[sign] ?? (/[\w\\^$.*+?()[\]{}|/]/u.test(sign) ? all : sign));
  const made = new Map();
  const pattern = (source) => {
    if (!made.has(source)) made.set(source, new RegExp(read(source), "iu"));
    return made.get(source);
  };
  const search = (source, text) => pattern(source).exec(text)?.[0] ?? null;
  const fold = (text) => text.toLowerCase().replaceAll("ß", "ss");
  const WORD = /[\p{L}\p{N}_]+(?:['.@/-]+[\p{L}\p{N}_]+)*/gu;
  const RUN = /[\p{L}\p{N}_]+/gu;
  const SHOUT = /!{2,}|\?{3,}|(?<![\p{L}\p{N}_])[A-ZÀ-ÖØ-Þ]{3,}(?:\s+[A-ZÀ-ÖØ-Þ]{3,})+(?![\p{L}\p{N}_])/u;

  // No accents, no invisible marks, one kind of apostrophe.
  const plain = (text) => text.replace(/[’‘ʼ´`]/gu, "'").replace(/[“”]/gu, '"').split(/\s+/u)
    .map((word) => word.normalize("NFKD").replace(/[\p{Mn}\p{Cf}]/gu, "")).filter(Boolean).join(" ");

  const saysNothing = (rest, { closings }) => {
    const words = (rest.match(WORD) ?? []).filter((word) => !closings.includes(fold(word)));
    return words.length <= 3 && words.every((word) => /^\p{Lu}/u.test(word));
  };
  const greeted = (note, { greeting }) => {
    const found = pattern(greeting).exec(note);
    return found && { name: found[1].length + found[2].length, end: found[0].length };
  };

  // A greeting alone, or the platform's own sentence.
  const isDefault = (note) => languages.some((language) => language.default.some((phrase) => {
    const found = pattern(phrase).exec(note);
    if (!found) return false;
    const before = note.slice(0, found.index);
    const rest = before.slice(greeted(before, language)?.end ?? 0);
    return saysNothing(rest, language) && saysNothing(note.slice(found.index + found[0].length), language);
  })) || languages.some((language) => {
    const found = greeted(note, language);
    return found && saysNothing(note.slice(found.name), language);
  });

  const spoken = (note) => {
    const words = new Set(fold(note).match(WORD));
    const hits = languages.map((each) =>
      each.marks.filter((mark) => words.has(mark)).length + (greeted(note, each) ? 0.5 : 0));
    return languages.filter((_, place) => hits[place] > 0 && hits[place] * 2 >= Math.max(...hits));
  };

  const draftFact = (name, text) => {
    if (name === "draft_fits") return text.length <= longest;
    const note = plain(text);
    if (!note.match(RUN) || isDefault(note)) return false;
    return spoken(note).some((language) => language[name].some((phrase) => pattern(phrase).test(note)));
  };

  const withoutBackground = (source, text, people) => {
    const told = (text.match(/[^.!?\n]+[.!?]*/gu) ?? []).filter((each) => search(source, each));
    if (!people.length) return told.length > 1 ? null : "each of the two";
    const named = told.map((each) => fold(each).match(RUN) ?? []);
    const unknown = people.filter((name) =>
      !named.some((words) => (fold(name).match(RUN) ?? []).some((word) => words.includes(word))));
    return unknown.join(" and ") || null;
  };

  const amiss = (check, text, people) => {
    if (check.forbid) { const found = search(check.forbid, text); return found && fold(found); }
    if (check.no_shouting) return SHOUT.exec(text)?.[0] ?? null;
    if (check.draft_fact) return draftFact(check.draft_fact, text) ? null : "";
    if (check.each_person) return withoutBackground(check.each_person, text, people);
    const ending = text.split(/\n\s*\n/u).filter((each) => each.trim()).slice(-3).join("\n");
    return search(check.need ?? check.need_at_end, check.need ? text : ending) ? null : "";
  };

  return (text, kind, people = []) => checks.filter(({ kinds }) => kinds === "all" || kinds.includes(kind))
    .map((check) => [check, amiss(check, text, people)]).filter(([, found]) => found !== null)
    .map(([{ id, clause, says }, found]) => ({ id, clause, says: says.replaceAll("{found}", () => found) }));
})();
