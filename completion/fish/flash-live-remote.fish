# SPDX-License-Identifier: MIT
# Completion of flash-live-remote for fish.

# The words that are neither options nor their values, before the one that is typed.
function __flash_live_remote_words
    set -l help (flash-live-remote --help 2>/dev/null)
    set -l words (commandline -opc)
    set -l before
    for word in $words[2..]
        if not string match -q -- '-*' $word
            if not string match -qr -- '^-[piFo]$' "$before"
                and not string match -qr -- "^  (?:.*, )?$before [A-Z]+[ ,]" $help
                echo -- $word
            end
        end
        set before $word
    end
end

# __flash_live_remote_wants board|image|server|command
function __flash_live_remote_wants
    set -l words (__flash_live_remote_words)
    set -l nr (count $words)
    set -l wanted board image
    switch "$words[1]"
        case status abandon
            set wanted
            test $nr -eq 1; and set wanted board
        case verify
            set wanted
            test $nr -eq 1; and set wanted board
            test $nr -eq 2; and set wanted image
        case images
            set wanted
            test $nr -eq 1; and set wanted server
        case ''
            set wanted board command
            contains -- --local (commandline -opc); and set wanted image
    end
    contains -- $argv[1] $wanted
end

# What follows on the server that is typed: the names there that can stand in a URI as
# they are; an answer that takes long is not waited for.  That of "server:" is the one
# in the settings.
function __flash_live_remote_exports
    set -l place (string match -r '^(?:nbds?://[^/]+/|server:)' -- (commandline -ct))
    or return
    set -l server (string match -v server: -- $place)
    timeout 3 flash-live-remote images --json $server 2>/dev/null </dev/null |
        string replace -rf '^.*"type": *"offer".*"name": *"([A-Za-z0-9._~/-]*)".*$' "$place\$1"
end

# An image: its endings are those that nbdkit-plugin/export-name.c knows.
function __flash_live_remote_images
    if string match -qr '^(?:nbds?://|server:)' -- (commandline -ct)
        __flash_live_remote_exports
    else
        __fish_complete_path (commandline -ct) |
            string match -ri -- '^[^\t]*(?:/|\.(?:img|raw|iso|wic|bin|usb|hddimg|xz|gz|zst|bz2|zip))(?:\t|$)' |
            string replace -r '\t.*' ''
    end
end

function __flash_live_remote_servers
    printf '%s\n' nbds:// nbd://
    __flash_live_remote_exports
end

# The list that --keep wants: what stands before the last comma stays.
function __flash_live_remote_keep
    set -l done (string match -r '^(?:--keep=)?(.*,)?' -- (commandline -ct))[2]
    for item in ssh-host-keys hostname network authorized-keys machine-id
        contains -- $item (string split , -- "$done"); or echo "$done$item"
    end
end

complete -c flash-live-remote -f
complete -c flash-live-remote -n '__flash_live_remote_wants command' -a status -d 'How far the flash of a board is'
complete -c flash-live-remote -n '__flash_live_remote_wants command' -a abandon -d 'Give the flash of a board up'
complete -c flash-live-remote -n '__flash_live_remote_wants command' -a verify -d 'Compare a disk of the board with an image'
complete -c flash-live-remote -n '__flash_live_remote_wants command' -a images -d 'List the images of a server'
complete -c flash-live-remote -n '__flash_live_remote_wants board' -a '(__fish_complete_user_at_hosts)' -d Board
complete -c flash-live-remote -n '__flash_live_remote_wants image' -a '(__flash_live_remote_images)'
complete -c flash-live-remote -n '__flash_live_remote_wants server' -a '(__flash_live_remote_servers)'

complete -c flash-live-remote -s p -x -d 'Port of the board'
complete -c flash-live-remote -s i -r -F -d 'Identity, as for ssh'
complete -c flash-live-remote -s F -r -F -d 'Configuration of ssh'
complete -c flash-live-remote -s o -x -d 'Setting, as for ssh'

# The options as --help tells them, so that a new one needs no change here.  Several of
# a kind share a line.
for line in (flash-live-remote --help 2>/dev/null | string match -r -- '^  --.*')
    set -l rest (string trim -l -- $line)
    set -l names
    set -l values
    set -l parts
    while set parts (string match -r -- '^--([a-z-]+)( [A-Z]+|\[=[A-Z]+\]|)(, | +)(.*)$' $rest)
        set -a names $parts[2]
        set -a values "$parts[3]"
        set rest $parts[5]
        test "$parts[4]" = ', '; or break
    end
    for i in (seq (count $names))
        set -l value
        switch $names[$i]
            case verify
                set value -x -a 'full sample off'
            case ssh
                set value -x -a 'libssh openssh'
            case keep
                set value -x -a '(__flash_live_remote_keep)'
            case confirm
                set value -x -a '(__fish_complete_user_at_hosts)'
            case config busybox session-key settings host-key
                set value -r -F
            case '*'
                string match -qr '^ ' -- "$values[$i]"; and set value -x
        end
        complete -c flash-live-remote -l $names[$i] $value -d $rest
    end
end
