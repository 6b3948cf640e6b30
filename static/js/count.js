/* Counts a text the way each network does; portal/sharing/counting.py does the same, tests/sharing/vectors.json binds both. */
(() => {
  const one = "\\p{Extended_Pictographic}\\ufe0f?[\\u{1f3fb}-\\u{1f3ff}]?[\\u{e0020}-\\u{e007f}]*";
  const emoji = new RegExp(`\\p{RI}\\p{RI}|[0-9#*]\\ufe0f?\\u20e3|[\\u00a9\\u00ae]\\ufe0f|(?![\\u00a9\\u00ae])${one}(?:\\u200d${one})*`, "gu");
  const address = /https?:\/\/[^\s<>"]+/gi;
  const bareAddress = /(^|[^a-z0-9@./_-])((?:[a-z0-9][a-z0-9-]*\.)+(?:com|org|net|info|nl|be|eu|de|fr|uk|io|dev|app|co|work|jobs)(?![a-z0-9-])(?:\/[^\s<>"]*)?)/gi;
  const afterAddress = /[.,;:!?)\]}'…»”’]+$/;
  const farMention = /(@[a-z0-9_]+)@[a-z0-9.-]*[a-z0-9]/gi;
  const light = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];

  const lines = (text) => text.replace(/\r\n?/g, "\n");
  const points = (text) => [...text].length;
  const weight = (sign) => light.some(([first, last]) => sign.codePointAt(0) >= first && sign.codePointAt(0) <= last) ? 1 : 2;

  // Without Intl.Segmenter: a letter with its marks, a pair of flag letters, an emoji with all that is joined to it.
  const cluster = new RegExp(`${emoji.source}\\p{M}*|\\p{RI}|\\P{M}[\\p{M}\\u200c\\u200d\\u{1f3fb}-\\u{1f3ff}]*|\\p{M}+`, "gsu");
  const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;
  const graphemes = (text) => segmenter ? [...segmenter.segment(text)].length : (text.match(cluster) || []).length;

  function withoutAddresses(text, bare) {
    let found = 0;
    const drop = (before, whole) => { found += 1; return before + (whole.match(afterAddress) || [""])[0]; };
    text = text.replace(address, (whole) => drop("", whole));
    if (bare) text = text.replace(bareAddress, (_, before, whole) => drop(before, whole));
    return [text, found];
  }

  window.counting = {
    plain: (text) => points(lines(text)),
    utf16: (text) => lines(text).length,
    graphemes: (text) => graphemes(lines(text)),
    x(text) {
      const [rest, addresses] = withoutAddresses(lines(text).normalize("NFC"), true);
      const pictures = (rest.match(emoji) || []).length;
      return addresses * 23 + pictures * 2 + [...rest.replace(emoji, "")].reduce((sum, sign) => sum + weight(sign), 0);
    },
    mastodon(text) {
      const [rest, addresses] = withoutAddresses(lines(text), false);
      return addresses * 23 + graphemes(rest.replace(farMention, "$1"));
    },
    threads(text) {
      const pictures = (lines(text).match(emoji) || []).join("");
      return points(lines(text).replace(emoji, "")) + new TextEncoder().encode(pictures).length;
    },
  };
})();
