import type { DescribedCommand, DescribedOption } from './described-command.ts';

/** The shells for which there are completions. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** The command that stands for itself: `wasi-serve app.wasm`. */
const DEFAULT_COMMAND = 'serve';

/** A script that has a shell complete `wasi-serve`, its commands, their options and files. */
export function writeCompletions(shell: Shell, commands: readonly DescribedCommand[]): string {
  return WRITERS[shell](commands);
}

function writeBash(commands: readonly DescribedCommand[]): string {
  const cases = commands.map(({ name, options }) => `    ${name}) options='${namesOf(options).join(' ')}' ;;`);
  return `# Completions of wasi-serve for bash: source <(wasi-serve completions bash)
_wasi_serve() {
  local word command=${DEFAULT_COMMAND} options
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      ${commands.map(({ name }) => name).join('|')}) command=$word; break ;;
    esac
  done
  case $command in
${cases.join('\n')}
  esac
  local current=\${COMP_WORDS[COMP_CWORD]}
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif (( COMP_CWORD == 1 )); then
    mapfile -t COMPREPLY < <(compgen -W '${commands.map(({ name }) => name).join(' ')}' -- "$current"; compgen -f -- "$current")
  fi
}
complete -o default -o filenames -F _wasi_serve wasi-serve
`;
}

function writeZsh(commands: readonly DescribedCommand[]): string {
  const described = commands.map(({ name, help }) => `    ${quote(`${name}:${help}`)}`);
  const cases = commands.map(
    ({ name, options }) => `    ${name})
      _arguments -S ${options.flatMap(toZshArguments).map(quote).join(' \\\n        ')} \\
        '*:file:_files'
      ;;`,
  );
  return `#compdef wasi-serve
# Completions of wasi-serve for zsh: wasi-serve completions zsh > "\${fpath[1]}/_wasi-serve"
_wasi_serve() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command commands
    _files
    return
  fi
  local command=$words[2]
  if (( $commands[(I)$command:*] )); then
    words=("\${(@)words[2,-1]}")
    (( CURRENT -= 1 ))
  else
    command=${DEFAULT_COMMAND}
  fi
  case $command in
${cases.join('\n')}
  esac
}
compdef _wasi_serve wasi-serve
`;
}

/** \`-H+[help]:value:\`: as an option of several names that may come again. */
function toZshArguments({ names, placeholder, help }: DescribedOption): string[] {
  const text = help.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  return names.map((name) => {
    if (placeholder === '') return `*${name}[${text}]`;
    const value = placeholder.replaceAll(/[<>[\]:\\]/g, ' ').trim();
    return `*${name}${name.startsWith('--') ? '=' : '+'}[${text}]:${value}:_files`;
  });
}

function writeFish(commands: readonly DescribedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const none = `not __fish_seen_subcommand_from ${names}`;
  const lines = commands.flatMap(({ name, help, options }) => {
    const seen = `__fish_seen_subcommand_from ${name}`;
    const condition = name === DEFAULT_COMMAND ? `${none}; or ${seen}` : seen;
    return [
      `complete -c wasi-serve -n ${quote(none)} -a ${name} -d ${quote(help)}`,
      ...options.map((option) => `complete -c wasi-serve -n ${quote(condition)} ${toFishOption(option)}`),
    ];
  });
  return `# Completions of wasi-serve for fish: wasi-serve completions fish > ~/.config/fish/completions/wasi-serve.fish\n${lines.join('\n')}\n`;
}

function toFishOption({ names, placeholder, help }: DescribedOption): string {
  const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...spelled, ...(placeholder === '' ? [] : ['-r']), `-d ${quote(help)}`].join(' ');
}

function namesOf(options: readonly DescribedOption[]): string[] {
  return options.flatMap(({ names }) => names);
}

/** A word of a shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const WRITERS: Readonly<Record<Shell, (commands: readonly DescribedCommand[]) => string>> = {
  bash: writeBash,
  zsh: writeZsh,
  fish: writeFish,
};
