/* Counts a text the way each network does; portal/sharing/counting.py does the same, tests/sharing/vectors.json binds both. */
(() => {
  const one = "\\p{Extended_Pictographic}\\ufe0f?[\\u{1f3fb}-\\u{1f3ff}]?[\\u{e0020}-\\u{e007f}]*";
  const emoji = new RegExp(`\\p{RI}\\p{RI}|[0-9#*]\\ufe0f?\\u20e3|[\\u00a9\\u00ae]\\ufe0f|(?![\\u00a9\\u00ae])${one}(?:\\u200d${one})*`, "gu");
  const endings = (
    "ac ad ae af ag ai al am an ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw " +
    "by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj " +
    "fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir " +
    "is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml " +
    "mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr " +
    "ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th " +
    "tj tk tl tm tn to tp tr tt tv tw tz ua ug uk um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw academy aero " +
    "agency amsterdam app art asia associates audio bank bike biz blog brussels build builders business cafe careers " +
    "cat center cloud club coach coffee com community company construction consulting coop design dev digital edu " +
    "education energy engineering enterprises eus events expert family farm finance fitness foundation frl fun fund " +
    "furniture fyi gal garden gent gov group guide health help homes host house how immo info ink institute int jobs " +
    "kitchen life link live lol love management market marketing media mil mobi money museum name net network news ngo " +
    "ninja one online ong org page partners party photo photos pics place plus press pro productions properties pub " +
    "recipes rent rentals repair report restaurant rocks run sale school science services shop show site social " +
    "software solar solutions space sport store studio style support systems taxi team tech technology tel tips today " +
    "tools top tours town toys trade training travel university vacations video vision vlaanderen vote wales watch " +
    "website wiki wine work works world wtf xyz yoga zone"
  ).split(" ");
  const atHome = "arpa|corp|example|home|internal|intranet|invalid|lan|local|localhost|onion|test";
  const accented = "\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u1e00-\\u1eff";
  const farLetter = "\\u00a1-\\u1fff\\u2070-\\u2fff\\u3021-\\ud7ff\\uf900-\\ufefe\\u{10000}-\\u{10ffff}", anyLetter = `0-9a-z${farLetter}`;
  const label = (letters, inside = "\\-") => `[${letters}](?:[${letters}${inside}]{0,61}[${letters}])?\\.`;
  const countries = endings.filter((ending) => ending.length === 2).join("|"), noMore = "(?![0-9a-z@+_\\-])";
  const bareHost = `(?<![\\-_.\\/])(?:${label("0-9a-z" + accented)})+(?:${endings.join("|")})${noMore}`;
  const host = `(?:${label(anyLetter, "_\\-")})*${label(anyLetter)}(?:${countries}|xn--[0-9a-z\\-]+|(?!(?:${atHome})(?![a-z]))[a-z]{3,63}|[${farLetter}]{2,63})${noMore}`;
  const endOfPath = `a-z0-9=_#\\/+\\-\\u0400-\\u04ff${accented}`, pathSign = `${endOfPath}!*';:,.$%\\[\\]\\u2013~@\\|&`;
  const path = `\\/(?:(?:[${pathSign}]|\\([${pathSign}]+\\))*(?:[${endOfPath}]|\\([${pathSign}]+\\)))?`;
  const query = "\\?[a-z0-9!?*'@\\(\\);:&=+$\\/%#\\[\\]\\-_.,~\\|]*[a-z0-9\\-_&=#\\/]";
  const before = "([^a-z0-9@\\uff20$#\\uff03\\ufeff]|^)", after = `(?::[0-9]+)?(?:${path})?(?:${query})?`;
  const address = new RegExp(`${before}https?:\\/\\/${host}${after}`, "giu");
  const anyAddress = new RegExp(`${before}(?:https?:\\/\\/${host}|${bareHost})${after}`, "giu");
  const farMention = /((?:^|[^/\p{L}\p{N}_])@[a-z0-9_]+)@[a-z0-9.\-]*[a-z0-9]/giu;
  const light = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];

  const lines = (text) => text.replace(/\r\n?/g, "\n");
  const points = (text) => [...text].length;
  const weight = (sign) => light.some(([first, last]) => sign.codePointAt(0) >= first && sign.codePointAt(0) <= last) ? 1 : 2;

  // Without Intl.Segmenter: a letter with its marks, a pair of flag letters, an emoji with all that is joined to it.
  const cluster = new RegExp(`${emoji.source}\\p{M}*|\\p{RI}|\\P{M}[\\p{M}\\u200c\\u200d\\u{1f3fb}-\\u{1f3ff}]*|\\p{M}+`, "gsu");
  const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;
  const graphemes = (text) => segmenter ? [...segmenter.segment(text)].length : (text.match(cluster) || []).length;

  // Whether the name could exist: in the alphabet of name servers a letter from afar takes more room.
  function canExist(address) {
    const name = address.replace(/^https?:\/\//i, "").split(/[/?:]/)[0];
    if (/^[\0-\x7f]*$/.test(name)) return true;
    try {
      return new URL(`http://${name}`).hostname.split(".").every((part) => part.length <= 63);
    } catch { return false; }
  }
  function without(pattern, text) {
    let found = 0;
    return [text.replace(pattern, (all, before) => {
      if (!canExist(all.slice(before.length))) return all;
      found += 1;
      return before;
    }), found];
  }

  const tag = /(?<=^|\s)[#\uff03](?!\ufe0f)([^\s\u00ad\u2060\u200a-\u200d\u20e2]*[\p{L}][^\s\u00ad\u2060\u200a-\u200d\u20e2]*)/gu;
  const handle = /(?<=^|[\s(])@((?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})(?![a-z0-9.@\-])/giu;
  const lastSigns = /[.,;:!?'")\]}\u2026\u201d\u2019]+$/u, bytes = (text) => new TextEncoder().encode(text).length;

  function facets(text) {
    const links = [...text.matchAll(anyAddress)].map((each) => [each.index + each[1].length, each.index + each[0].length])
      .filter(([first, last]) => canExist(text.slice(first, last)))
      .map(([first, last]) => ["link", first, last, (/^.{0,5}:\/\//.test(text.slice(first, last)) ? "" : "https://") + text.slice(first, last)]);
    const others = [...text.matchAll(handle)].map((each) => ["mention", each.index, each.index + each[0].length, each[1]]);
    for (const each of text.matchAll(tag)) {
      const name = each[1].replace(lastSigns, "");
      if (name && points(name) <= 64) others.push(["tag", each.index, each.index + 1 + name.length, name]);
    }
    const alone = others.filter(([, first, last]) => !links.some(([, begin, end]) => first < end && begin < last));
    return [...links, ...alone].sort((one, other) => one[1] - other[1])
      .map(([kind, first, last, value]) => ({ kind, start: bytes(text.slice(0, first)), end: bytes(text.slice(0, last)), value }));
  }

  window.counting = {
    endings,
    facets,
    plain: (text) => points(lines(text)),
    utf16: (text) => lines(text).length,
    graphemes: (text) => graphemes(lines(text)),
    x(text) {
      const [rest, addresses] = without(anyAddress, lines(text).normalize("NFC"));
      const pictures = (rest.match(emoji) || []).length;
      return addresses * 23 + pictures * 2 + [...rest.replace(emoji, "")].reduce((sum, sign) => sum + weight(sign), 0);
    },
    mastodon(text) {
      const [rest, addresses] = without(address, lines(text));
      return addresses * 23 + graphemes(rest.replace(farMention, "$1"));
    },
    threads(text) {
      const pictures = (lines(text).match(emoji) || []).join("");
      return points(lines(text).replace(emoji, "")) + new TextEncoder().encode(pictures).length;
    },
  };
})();
