// What X's own library makes of texts: reads a JSON list from the standard input, writes their weighted lengths.
import twitter from "twitter-text";

let input = "";
for await (const piece of process.stdin) input += piece;
process.stdout.write(JSON.stringify(JSON.parse(input).map((text) => twitter.parseTweet(text).weightedLength)));
