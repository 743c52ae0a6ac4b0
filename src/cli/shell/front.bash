# Before the script there are options and commands; behind it, everything is the script's own.
_lithops_lua() {
    local i word command=""
    local -a files
    for ((i = 1; i < COMP_CWORD; i++)); do
        word="${COMP_WORDS[i]}"
        case "$word" in
            VALUED)
                ((i++))
                # `=` and `:` are words of their own to bash.
                while [[ "${COMP_WORDS[i]}" == "=" || "${COMP_WORDS[i + 1]}" == [=:] ]]; do ((i++)); done
                ;;
            -e)
                COMPREPLY=()
                return 0
                ;;
            -?*) ;;
            COMMANDS)
                # After `run` comes a script, whatever it is called.
                if [[ -z "$command" && "$word" == run ]]; then
                    command=run
                elif [[ -z "$command" ]]; then
                    command="$word"
                    break
                else
                    COMPREPLY=()
                    return 0
                fi
                ;;
            *)
                COMPREPLY=()
                return 0
                ;;
        esac
    done
    _lithops__lua "$@"
    [[ "$2" == -* ]] && return 0
    # Where options are all that is known, a file is more likely meant.
    for i in "${!COMPREPLY[@]}"; do
        [[ "${COMPREPLY[i]}" == -* ]] && unset 'COMPREPLY[i]'
    done
    # Not where the value of an option is asked for.
    if [[ -z "$command" && ! "$3" =~ ^(VALUED)$ ]]; then
        mapfile -t files < <(compgen -f -- "$2")
        ((${#files[@]})) && compopt -o filenames 2>/dev/null
        COMPREPLY+=("${files[@]}")
    fi
    return 0
}

complete -F _lithops_lua -o bashdefault -o default lithops-lua
