#!/usr/bin/env node
// Node opens its debugger on this signal, and from there a key can be read.
process.on('SIGUSR1', () => {});

// Runs on any Node, so that an old one gets a sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const supported = (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;

if (supported) {
  const { main } = await import('#main');
  await main(process.argv.slice(2));
} else {
  console.error(
    `feedtape needs Node ^22.18 || ^24.11 || >=26, this is ${process.version}: in the repository run it as "npm start --", which brings its own Node, or upgrade Node.`,
  );
  process.exitCode = 78;
}
