#!/usr/bin/env node
// Node opens its debugger on this signal, and from there a key can be read.
process.on('SIGUSR1', () => {});

// Runs on any Node, so that an old one gets a sentence instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const supported = (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;

if (supported) {
  const { runJwtCommand } = await import('#cli/jwt-command');
  const { stdin, stdout, stderr } = process;
  const env = { ...process.env };
  // A diagnostic report of a crash prints the environment.
  delete process.env.COINBASE_API_SECRET;
  stdout.once('error', ({ code }) => {
    stderr.write(`standard output: ${code}\n`);
    process.exit(74);
  });
  process.exitCode = await runJwtCommand(process.argv.slice(2), { stdin, stdout, stderr, env });
} else {
  process.stderr.write(
    `feedtape-jwt needs Node ^22.18 || ^24.11 || >=26, this is ${process.version}: upgrade Node.\n`,
  );
  process.exitCode = 78;
}
