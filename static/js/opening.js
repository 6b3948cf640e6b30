/* How a text opens: what portal/campaigns/disclosure.py puts before it. */
window.opened = (words, wording, { said, labelled }) => {
  const [, label, sentence] = /^(#\S+)?\s*([^]*)$/.exec(wording);
  const written = label ? new RegExp(`^${labelled}`, "i").exec(words) : null;
  const rest = written ? words.slice(written[0].length).trimStart() : words;
  const lower = words.toLowerCase();
  const isSaid = lower.includes(sentence.toLowerCase().replace(/[.!]+$/, "")) || new RegExp(said).test(lower);
  return [written ? written[0] : label, isSaid ? "" : sentence, rest].filter(Boolean).join(" ");
};
