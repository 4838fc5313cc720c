/** `warren completion bash|zsh|fish`: scripts that ask the hidden `__complete` what fits. */
import { Argument, type Command } from 'commander'
import type { Host } from '../context'
import { DONE } from '../exit-codes'

const scripts = {
  bash: `# Load it with: source <(warren completion bash)
_warren() {
  local IFS=$'\\n'
  COMPREPLY=($(warren __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then compopt -o default 2>/dev/null; fi
}
complete -F _warren warren
`,
  zsh: `#compdef warren
# Load it with: source <(warren completion zsh)
_warren() {
  local -a found
  local line
  while IFS=$'\\t' read -r word about; do
    found+=("\${word//:/\\\\:}\${about:+:$about}")
  done < <(warren __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe 'warren' found; else _files; fi
}
if (( \${+functions[compdef]} )); then compdef _warren warren; fi
`,
  fish: `# Load it with: warren completion fish | source
function __warren_complete
  set -l words (commandline -opc) (commandline -ct)
  warren __complete $words[2..-1] 2>/dev/null
end
complete -c warren -f -a '(__warren_complete)'
`,
} as const

type Shell = keyof typeof scripts

export function defineCompletion(program: Command, host: Host): void {
  program
    .command('completion')
    .description('print a completion script')
    .addArgument(new Argument('<shell>').choices(Object.keys(scripts)))
    .action((shell: Shell) =>
      host.run((context) => {
        context.terminal.out(scripts[shell])
        return Promise.resolve(DONE)
      }),
    )
}
