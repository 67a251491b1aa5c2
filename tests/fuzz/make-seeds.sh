#!/bin/sh
# SPDX-License-Identifier: MIT
# make-seeds.sh HARNESS FOLDER: write the files that fuzzing begins with.  They are
# small, one for each thing that a format can do; those whose tool is missing are
# left out.  See fuzz-support.h for the control bytes at the end of an image's.
set -eu

harness=$(basename -- "$1")
folder=$2
mkdir -p "$folder"

have ()
{
  command -v "$1" >/dev/null 2>&1
}

# content LINES: text, a hole, and text again.
content ()
{
  seq 1 "$1"
  head -c 70000 /dev/zero
  seq "$1" -1 1
}

# add NAME [CONTROL]: standard input becomes a seed, with these control bytes (in
# printf's notation, 8 of them).
add ()
{
  # shellcheck disable=SC2059 # the format is the bytes themselves
  { cat; printf "${2:-\\001\\200\\000\\100\\000\\300\\000\\000}"; } >"$folder/$1"
}

# byte N: the byte of that number.
byte ()
{
  # shellcheck disable=SC2059 # the format is the byte itself
  printf "\\$(printf %03o "$1")"
}

xz_seeds ()
{
  have xz || return 0
  content 200 | xz -0 -T1 | add one-block
  content 300 | xz -0 -T1 --check=none --block-size=1000 |
    add blocks '\002\100\000\020\300\000\000\000'
  content 100 | xz -0 -T1 --check=sha256 --lzma2=dict=4KiB | add sha256
  content 100 | xz -T1 --check=none --delta=dist=4 --lzma2=preset=0 | add delta
  content 100 | xz -T1 --check=crc32 --x86 --lzma2=preset=0 | add x86
  content 50 | xz -T1 --check=none --lzma2=preset=0,dict=1GiB | add dictionary
  printf '' | xz -0 | add empty
  # Two Streams, padding, a Stream of Blocks without content.
  { content 20 | xz -0 -T1; head -c 8 /dev/zero; content 9 | xz -0 -T1 -C none; } |
    add streams '\013\100\000\020\300\000\000\000'
}

# Lists of records: their number, then the sizes of each.
xz_index_seeds ()
{
  printf '\000' | add none
  printf '\001\144\012' | add one
  printf '\003\144\012\200\010\200\200\004\144\000' | add three
  printf '\001\144\200\200\200\200\200\200\200\001' | add huge
  printf '\200\200\200\200\020\144\001' | add many
}

gzip_seeds ()
{
  have gzip || return 0
  content 300 | gzip -1 | add one
  content 300 | gzip -9 | add best '\002\100\000\020\300\000\000\000'
  head -c 3000 /dev/urandom | gzip -1 | add stored
  head -c 300000 /dev/zero | gzip -9 | add zeroes '\010\100\000\020\300\000\000\000'
  { seq 50 | gzip; printf '' | gzip; seq 60 | gzip; printf metadata; } | add members
  # A header with all that it may have: extra field, name, comment, its own CRC.
  { printf '\037\213\010\036\001\002\003\004\002\003\004\000abcdname\000comment\000'
    printf '\000\000'
    seq 50 | gzip -n | tail -c +11; } | add header
}

zstd_seeds ()
{
  have zstd || return 0
  content 300 | zstd -1 --no-check | add frame
  content 300 | zstd -9 --check | add check '\041\100\000\020\300\000\000\000'
  content 100 | zstd -1 --single-thread --no-check --stream-size=70584 | add sized
  head -c 300000 /dev/zero | zstd -1 --no-check | add zeroes
  head -c 2000 /dev/urandom | zstd -1 --no-check | add stored
  # Frames, one of them empty, with a skippable one before and one between.
  { printf '\120\052\115\030\003\000\000\000abc'; seq 90 | zstd -1 --no-check
    printf '' | zstd -1; printf '\137\052\115\030\000\000\000\000'
    seq 99 | zstd -1; } | add frames '\013\100\000\020\300\000\000\000'
  # The seekable format: two frames of 291 and 192 bytes, and a seek table.
  seq 100 | head -c 291 | zstd -1 --no-check >"$folder/first"
  seq 70 | head -c 192 | zstd -1 --no-check >"$folder/second"
  { cat "$folder/first" "$folder/second"
    printf '\136\052\115\030\031\000\000\000'
    byte "$(wc -c <"$folder/first")"; printf '\000\000\000\043\001\000\000'
    byte "$(wc -c <"$folder/second")"; printf '\000\000\000\300\000\000\000'
    printf '\002\000\000\000\000\261\352\222\217'; } | add seekable
  rm -f "$folder/first" "$folder/second"
}

bzip2_seeds ()
{
  have bzip2 || return 0
  content 200 | bzip2 -1 | add one
  head -c 150000 /dev/urandom | base64 -w 0 | head -c 3000 | bzip2 -9 |
    add noise '\002\100\000\020\300\000\000\000'
  head -c 250000 /dev/zero | bzip2 -1 | add blocks
  printf '' | bzip2 | add empty
  { seq 30 | bzip2 -1; printf '' | bzip2; seq 40 | bzip2 -9; } |
    add streams '\053\100\000\020\300\000\000\000'
}

zip_seeds ()
{
  have zip || return 0
  content 300 >"$folder/image"
  (cd "$folder" && zip -q -X - image) | add piped
  seq 100 >"$folder/readme"
  (cd "$folder" && zip -q -X image.zip image && zip -q -X -0 stored.zip readme)
  (cd "$folder" && zip -q two.zip image readme)
  for name in image stored two; do
    add "$name.seed" <"$folder/$name.zip"
    rm "$folder/$name.zip"
  done
  rm "$folder/image" "$folder/readme"
}

raw_seeds ()
{
  content 100 | add text
  printf x | add byte
  printf '' | add empty
}

# Changes to a true one: a place (two bytes), what comes there (eight).
remembered_scan_seeds ()
{
  for image in 0 1 2 3; do
    control="\\00$image\\000\\000\\100\\000\\300\\000\\000"
    printf '' | add "true-$image" "$control"
    printf '\000\000\377\377\377\377\377\377\377\377' | add "size-$image" "$control"
    printf '\070\000\001\000\000\000\000\000\000\000' | add "count-$image" "$control"
    printf '' | add "cut-$image" "\\00$image\\040\\000\\100\\000\\300\\000\\000"
  done
}

# The first byte chooses the name that is looked for.
checksum_file_seeds ()
{
  hash=$(printf %064d 7)
  printf '\200%s\n' "$hash" >"$folder/bare"
  printf '\000# text\n%s  image.xz\n%s *./image.xz\n' "$hash" "$hash" >"$folder/gnu"
  printf '\003\\%s  back\\\\slash\n' "$hash" >"$folder/escaped"
  printf '\002SHA256 (with space) = %s\r\n' "$hash" >"$folder/bsd"
}

bmap_seeds ()
{
  cat >"$folder/version-2" <<'END'
<?xml version="1.0" ?>
<!-- a comment -->
<bmap version="2.0">
  <ImageSize> 821752 </ImageSize>
  <BlockSize> 4096 </BlockSize>
  <BlocksCount> 201 </BlocksCount>
  <MappedBlocksCount> 117 </MappedBlocksCount>
  <ChecksumType> sha256 </ChecksumType>
  <BmapFileChecksum> 0000000000000000000000000000000000000000000000000000000000000000 </BmapFileChecksum>
  <BlockMap>
    <Range chksum="00"> 0-1 </Range>
    <Range> 3 </Range>
    <Range> 5-118 </Range>
  </BlockMap>
</bmap>
END
  grep -v Checksum "$folder/version-2" >"$folder/no-checksum"
}

json_writer_seeds ()
{
  printf 'a "b" \\c/\n\t' >"$folder/escapes"
  printf '\303\244 \360\237\232\242 \342\200\250 \302\233' >"$folder/characters"
  printf '\300\257\355\240\200\377\303' >"$folder/no-utf-8"
}

status_record_seeds ()
{
  printf 'FLR1 progress offset=1234567 size=9999999 rate=10' >"$folder/progress"
  printf 'FLR1 error text=100%%25%%20of%%0Ait' >"$folder/error"
  printf 'FLR1 hello version=1 a= b=%%C3%%A4' >"$folder/hello"
}

integrity_record_seeds ()
{
  printf 'version=1\nstate=scanning\nformat=xz\nstored-size=99\ndone=5\ntotal=99\n' \
    >"$folder/scanning"
  printf 'version=1\nstate=intact\nformat=gzip\nstored-size=99\ndisk-size=512\n' \
    >"$folder/intact"
  printf 'stored-xxh3-128=%032d\ncheck=crc32\nnote=one\nnote=two\n' 7 \
    >>"$folder/intact"
  printf 'version=1\nstate=damaged\nformat=raw\nerror=at byte 7: \033[1m\303\244\n' \
    >"$folder/damaged"
}

image_location_seeds ()
{
  printf '%s' /srv/image.img.xz >"$folder/file"
  printf '%s' nbds://images.lan/a/b%20c.img.xz >"$folder/nbds"
  printf '%s' 'nbds://alice@[::1]:7/x?tls-psk-file=/k%26' >"$folder/psk"
  printf '%s' 'nbds+unix:///x?socket=/s&tls-certificates=c' >"$folder/unix"
  printf '%s' 'https://h:8443/d/a%20b.img?x=%2f' >"$folder/web"
}

# be64 N: the byte of that number, as the last one of eight.
be64 ()
{
  head -c 7 /dev/zero
  byte "$1"
}

# A patch: the magic number and the version (forced), the number of ranges, the sizes of
# the disk and of the data; the ranges, their bytes, room for the digest.
patch_header ()
{
  printf ............
  be64 "$1" | tail -c 4
  be64 200
  be64 "$2"
}

image_patch_seeds ()
{
  digest=................
  { patch_header 0 0; printf $digest; } | add empty
  { patch_header 1 3; be64 5; be64 3; printf abc$digest; } | add one
  { patch_header 3 6; be64 0; be64 1; be64 9; be64 3; be64 12; be64 2
    printf abcdef$digest; } | add three '\001\000\002\000\000\000\000\000'
  { patch_header 1 3; be64 198; be64 3; printf abc$digest; } | add beyond
}

kept_files_seeds ()
{
  printf 'encoding base64\nfact sshd openssh\nfile hostname 644 root root - 5 %s\n' \
    /etc/hostname >"$folder/base64"
  printf 'aGVs\nbG8=\n.\n' >>"$folder/base64"
  printf 'encoding hex\nfact network ifupdown\nfile network 640 a b c:d:e 2 %s\n' \
    /etc/network/interfaces.d/x >"$folder/hex"
  printf '00ff\n.\nrefuse machine-id why\nfact user pi\nfact hosts a b\n' >>"$folder/hex"
}

first_boot_file_seeds ()
{
  cat >"$folder/all" <<'END'
# The settings of a board.
hostname=halos-7
user = anna
password=it's "a" \ $(b) #c
ssh-key=ssh-ed25519 AAAA anna@home
ssh-key=@~/.ssh/id_rsa.pub
wifi-ssid=Bö"ts'haus
wifi-password=correct horse
wifi-country=DE
END
  printf 'hostnme=x\r\n=y' >"$folder/slips"
  printf 'user=root\nwifi-country=UK\nwifi-password=%s\n' \
    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef >"$folder/values"
}

settings_file_seeds ()
{
  cat >"$folder/all" <<'END'
# Of all boards.
image-server = nbds://images.lan/team?tls-certificates=/x
keep=hostname,ssh-host-keys
wait = 600
jobs = 3
[board lab-* !lab-8 10.0.0.?]
mode = stream
stop-services = docker kiosk-*.service
verify = sample
run = /usr/bin/self-test "a" 'b'
host-key = SHA256:0123456789012345678901234567890123456789012
[defaults]
config = ~/boards/all.conf
ssh = openssh
lifeboat-port = 2222
[board lab-7]
device = /dev/nvme0n1
busybox = /opt/busybox
map = yes
keep = default
END
  printf '\357\273\277;x\r\nverbosity=quiet\r\nrescan=yes' >"$folder/other-editor"
  printf 'mod = x\n' >"$folder/slip"
  printf '[board !a]\n' >"$folder/no-board"
  printf 'verify = off\n' >"$folder/off"
  printf 'wait = 1\n[board *a*b*]\nwait = 2\nwait = 3\n' >"$folder/twice"
}

# Chosen by its first byte: a right greeting stands before the words.
nbd_handshake_seeds ()
{
  option_reply='\000\003\350\211\004\125\145\251\000\000\000'
  structured="$option_reply\\010\\000\\000\\000\\001\\000\\000\\000\\000"
  context="$option_reply\\012\\000\\000\\000\\004\\000\\000\\000\\023\\000\\000\\000\\115base:allocation"
  contexts_end="$option_reply\\012\\000\\000\\000\\001\\000\\000\\000\\000"
  export="$option_reply\\007\\000\\000\\000\\003\\000\\000\\000\\014\\000\\000\\000\\000\\000\\000\\000\\020\\000\\000\\000\\000\\001"
  blocks="$option_reply\\007\\000\\000\\000\\003\\000\\000\\000\\016\\000\\003\\000\\000\\000\\001\\000\\000\\020\\000\\002\\000\\000\\000"
  end="$option_reply\\007\\000\\000\\000\\001\\000\\000\\000\\000"
  refused="$option_reply\\007\\200\\000\\000\\006\\000\\000\\000\\004none"
  # shellcheck disable=SC2059 # the format is the bytes themselves
  {
    printf "\\000$structured$context$contexts_end$blocks$export$end" >"$folder/all"
    printf "\\000$structured$contexts_end$refused" >"$folder/refused"
    printf "\\001NBDMAGICIHAVEOPT\\000\\001$structured" >"$folder/greeting"
  }
}

target_probe_seeds ()
{
  cat >"$folder/board" <<'END'
machine=aarch64
bits=32
hostname=rpi
access=sudo
memory-available=700000
sysrq=yes
tool-busybox=/usr/bin/busybox
root-partition=mmcblk0p2
disk=mmcblk0
disk-number=179:0
disk-sectors=62333952
disk-block=512
partition=mmcblk0p1 8192 524288
mount=mmcblk0p1 vfat /boot\040firm\011ware
swap=mmcblk0p3
root-stack=ext4 on a (LVM) on mmcblk0p2
upon=mmcblk0p2 dm-0 a (LVM)
other-disk=sda md0 (MD RAID 1)
session=FLR1 session phase=writing offset=5
END
  printf 'disk-sectors=99999999999999999999\npartition=\nmount=\n=\nrefused=no' \
    >"$folder/odd"
}

ssh_config_seeds ()
{
  cat >"$folder/blocks" <<'END'
Host *.example !board.lan
  Port 23
Match originalhost board* user root
  HostName %n.example
Match exec "test -e /x"
Host board.*
  User pi
  IdentityFile ~/.ssh/id_%h
  ProxyJump anna@jump:2200,other
  StrictHostKeyChecking accept-new
END
  cat >"$folder/values" <<'END'
Port=2222
UserKnownHostsFile ~/a "b c" ${HOME}/d
ServerAliveInterval 0
ConnectTimeout 7
AddressFamily inet6
Ciphers aes256-ctr,aes128-ctr
RekeyLimit 1G 1h
ProxyCommand nc -x proxy %h %p
GSSAPIAuthentication yes
HostKeyAlias known
END
}

known_hosts_seeds ()
{
  key=AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g
  printf 'board.lan,10.0.0.1 ssh-ed25519 %s remark\n' "$key" >"$folder/known"
  printf '@revoked *.lan ssh-ed25519 %s\n@cert-authority * ssh-ed25519 %s\n' \
    "$key" "$key" >"$folder/marks"
  printf '*,!board.lan ssh-ed25519 %s\n# remark\n|1|AAAA|BBBB= ssh-rsa AAAA\n' \
    "$key" >"$folder/excluded"
}

case $harness in
  fuzz-bmap) bmap_seeds ;;
  fuzz-checksum-file) checksum_file_seeds ;;
  fuzz-bzip2) bzip2_seeds ;;
  fuzz-first-boot-file) first_boot_file_seeds ;;
  fuzz-gzip) gzip_seeds ;;
  fuzz-json-writer) json_writer_seeds ;;
  fuzz-image-location) image_location_seeds ;;
  fuzz-image-patch) image_patch_seeds ;;
  fuzz-kept-files) kept_files_seeds ;;
  fuzz-integrity-record) integrity_record_seeds ;;
  fuzz-known-hosts) known_hosts_seeds ;;
  fuzz-nbd-handshake) nbd_handshake_seeds ;;
  fuzz-raw) raw_seeds ;;
  fuzz-remembered-scan) remembered_scan_seeds ;;
  fuzz-settings-file) settings_file_seeds ;;
  fuzz-ssh-config) ssh_config_seeds ;;
  fuzz-status-record) status_record_seeds ;;
  fuzz-target-probe) target_probe_seeds ;;
  fuzz-xz) xz_seeds ;;
  fuzz-xz-index) xz_index_seeds ;;
  fuzz-zip) zip_seeds ;;
  fuzz-zstd) zstd_seeds ;;
  *) echo "make-seeds.sh: no seeds for $harness" >&2; exit 1 ;;
esac
