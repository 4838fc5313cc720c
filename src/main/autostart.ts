/** The XDG autostart file: how Linux desktops start a program at login. */

/** The text of the `.desktop` file that starts `command` at login (Desktop Entry Specification, "The Exec key"). */
export function autostartEntry(command: readonly string[]): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Warren',
    'Comment=SSH port forwards',
    `Exec=${command.map(quoteExec).join(' ')}`,
    'Terminal=false',
    'StartupNotify=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')
}

/**
 * One argument of an Exec line: in quotes, with `"`, `` ` ``, `$` and `\` escaped, `%` doubled, and every backslash doubled once
 * more because the value is a string of the file.
 */
function quoteExec(argument: string): string {
  const inner = argument.replaceAll('%', '%%').replace(/["`$\\]/g, '\\$&')
  return `"${inner.replaceAll('\\', '\\\\')}"`
}
