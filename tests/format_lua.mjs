// Formats the Lua files by StyLua, as .stylua.toml says: node tests/format_lua.mjs [--check] FILE...
//
// StyLua comes from npm as a WebAssembly module: npm install --no-save --prefix .tools @johnnymorganz/stylua@2.5.2
// With --check nothing is written: names each file that is formatted otherwise, and ends with 1 when there is one.
import { readFileSync, writeFileSync } from "node:fs";
import * as stylua from "../.tools/node_modules/@johnnymorganz/stylua/stylua_lib_node.mjs";

const ENUMS = {
  syntax: stylua.LuaVersion,
  indent_type: stylua.IndentType,
  quote_style: stylua.QuoteStyle,
  call_parentheses: stylua.CallParenType,
  collapse_simple_statement: stylua.CollapseSimpleStatement,
};

function settings() {
  const config = stylua.Config.new();
  for (const line of readFileSync(new URL("../.stylua.toml", import.meta.url), "utf8").split("\n")) {
    const [, name, value] = line.match(/^(\w+) = (.+)$/) ?? [];
    if (!name) continue;
    config[name] = name in ENUMS ? ENUMS[name][JSON.parse(value)] : Number(value);
    if (config[name] === undefined) throw new Error(`.stylua.toml: ${name} = ${value} is not known`);
  }
  return config;
}

const files = process.argv.slice(2);
const check = files[0] === "--check" && files.shift();
for (const file of files) {
  const text = readFileSync(file, "utf8");
  // StyLua's own verification does not know LuaJIT's numbers (`1ULL`) and gives up at them.
  const formatted = stylua.formatCode(text, settings(), undefined, stylua.OutputVerification.None);
  if (formatted === text) continue;
  if (check) {
    console.log(`${file}: is not formatted as .stylua.toml says; node tests/format_lua.mjs ${file} does it`);
    process.exitCode = 1;
  } else writeFileSync(file, formatted);
}
