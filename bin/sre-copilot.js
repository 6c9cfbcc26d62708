#!/usr/bin/env node
// Plain JavaScript, old syntax: it must be able to say that Node is too old.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`sre-copilot needs Node 22.19 or newer; this is ${process.version}. Nothing was started.\n`);
  process.exit(3);
}
import('../dist/main.js');
