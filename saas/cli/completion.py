"""Write what a shell needs to complete `darkroom` and its options, from the parser itself."""

from argparse import ArgumentParser, _SubParsersAction

SHELLS = ("bash", "zsh", "fish")
BASH = """\
_darkroom() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words=
  COMPREPLY=()
  case $before in
{choices}
  esac
  if [[ -z $words ]]; then
    if (( COMP_CWORD == 1 )); then
      words="{commands}"
    else
      case ${{COMP_WORDS[1]}} in
{options}
      esac
      [[ $current == -* ]] || COMPREPLY=($(compgen -f -- "$current"))
    fi
  fi
  COMPREPLY+=($(compgen -W "$words" -- "$current"))
}}
complete -o filenames -F _darkroom darkroom
"""


def script(parser: ArgumentParser, shell: str) -> str:
    commands = commands_of(parser)
    if shell == "fish":
        return "\n".join(_fish(commands)) + "\n"
    options = {
        name: [text for text in one._option_string_actions if text.startswith("--")] for name, one in commands.items()
    }
    choices = {
        option: list(action.choices)
        for one in commands.values()
        for option, action in one._option_string_actions.items()
        if action.choices
    }
    text = BASH.format(
        commands=" ".join(commands),
        choices="\n".join(f'    {name}) words="{" ".join(map(str, values))}" ;;' for name, values in choices.items()),
        options="\n".join(f'        {name}) words="{" ".join(names)}" ;;' for name, names in options.items()),
    )
    return f"autoload -U +X bashcompinit && bashcompinit\n{text}" if shell == "zsh" else text


def commands_of(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    (found,) = [action for action in parser._actions if isinstance(action, _SubParsersAction)]
    return dict(found.choices)


def _fish(commands: dict[str, ArgumentParser]) -> list[str]:
    lines = []
    for name, one in commands.items():
        lines.append(f"complete -c darkroom -n __fish_use_subcommand -f -a {name} -d {_quoted(one.description or '')}")
        for option, action in one._option_string_actions.items():
            if option.startswith("--"):
                values = f" -x -a {_quoted(' '.join(map(str, action.choices)))}" if action.choices else ""
                told = f" -d {_quoted(action.help)}" if action.help else ""
                lines.append(
                    f"complete -c darkroom -n '__fish_seen_subcommand_from {name}' -l {option[2:]}{values}{told}"
                )
    return lines


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
