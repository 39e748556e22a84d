/** Completion scripts. They know nothing of the verbs: at each TAB they ask the command itself, so they never grow old. */
const bash = `# bash completion of heteroscale; made by: heteroscale completion bash
_heteroscale() {
  local line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [[ -n $line ]] && COMPREPLY+=("$line")
  done < <(heteroscale __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
# Without candidates the shell offers files.
complete -o default -F _heteroscale heteroscale`

const zsh = `#compdef heteroscale
# zsh completion of heteroscale; made by: heteroscale completion zsh
_heteroscale() {
  local -a candidates
  local word about
  while IFS=$'\\t' read -r word about; do
    [[ -n $word ]] && candidates+=("\${word//:/\\\\:}:$about")
  done < <(heteroscale __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then _describe heteroscale candidates; else _files; fi
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then _heteroscale "$@"; else compdef _heteroscale heteroscale; fi`

const fish = `# fish completion of heteroscale; made by: heteroscale completion fish
function __heteroscale_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l candidates (heteroscale __complete -- $words[2..-1] 2>/dev/null)
  if test (count $candidates) -gt 0
    printf '%s\\n' $candidates
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c heteroscale -f -a '(__heteroscale_complete)'`

export const completionScripts = { bash, zsh, fish }
