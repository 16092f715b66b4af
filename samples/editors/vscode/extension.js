// Starts `nsfix lsp` for C files and hands it the settings below "nsfix.".
'use strict';

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

const OPTIONS = ['kdir', 'config', 'arch', 'guard', 'since', 'ignore', 'module', 'fixOnSave'];
// A change of these can change what a module is made of, or what it needs.
const WATCHED = '**/{Kbuild,Makefile,*.mk,Kconfig,dkms.conf,.nsfix.toml,.config,Module.symvers}';

let client;
let turn = Promise.resolve();

function initializationOptions() {
  const settings = vscode.workspace.getConfiguration('nsfix');
  const chosen = OPTIONS.map((name) => [name, settings.get(name)]);
  return Object.fromEntries(chosen.filter(([, value]) => value !== null && value !== undefined));
}

async function start(watcher) {
  const command = vscode.workspace.getConfiguration('nsfix').get('path');
  const server = { command, args: ['lsp'] };
  client = new LanguageClient('nsfix', 'nsfix', { run: server, debug: server }, {
    documentSelector: [{ scheme: 'file', language: 'c' }],
    initializationOptions: initializationOptions(),
    synchronize: { fileEvents: watcher },
  });
  try {
    await client.start();
  } catch {
    vscode.window.showErrorMessage(`nsfix: "${command} lsp" does not start: the setting nsfix.path names the program`);
  }
}

async function stop() {
  const old = client;
  client = undefined;
  if (old && old.needsStop()) {
    await old.stop();
  }
}

// One after the other, however quickly settings change.
function next(step) {
  turn = turn.then(step, step);
  return turn;
}

function activate(context) {
  const watcher = vscode.workspace.createFileSystemWatcher(WATCHED);
  context.subscriptions.push(watcher);
  context.subscriptions.push(vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('nsfix')) {
      next(stop);
      next(() => start(watcher));
    }
  }));
  return next(() => start(watcher));
}

function deactivate() {
  return next(stop);
}

module.exports = { activate, deactivate };
