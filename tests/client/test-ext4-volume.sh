#!/bin/sh
# SPDX-License-Identifier: MIT
# Files laid into ext4 file systems of all features that images have: e2fsck finds nothing
# wrong, the content, the owners and the modes are right, the same inputs give the same
# patch; what cannot be kept right is refused.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
requires nbdkit --version
requires mkfs.ext4 -V
requires debugfs -V
requires e2fsck -V
requires python3 --version
[ -x ./lay-files ] || skip "built without libext2fs"

tree=$scratch/tree
mkdir -p "$tree/etc/ssh" "$tree/etc/many" "$tree/usr/lib" "$tree/home/pi" "$tree/root"
ln -s usr/lib "$tree/lib"
echo old >"$tree/etc/hostname"
head -c 30000 /dev/urandom >"$tree/etc/long"
echo two names >"$tree/etc/first"
ln "$tree/etc/first" "$tree/etc/second"
ln -s nowhere "$tree/etc/dangling"
ln -s hostname "$tree/etc/alias"
# More names than a folder of one block has: an htree.
for i in $(seq 600); do : >"$tree/etc/many/a-file-with-a-long-name-to-fill-the-folder-$i"; done

echo "the new name" >"$scratch/short"
head -c 100000 /dev/urandom >"$scratch/large"
: >"$scratch/empty"
cat >"$scratch/lines" <<END
file 644 0 0 /etc/hostname $scratch/short
file 600 0 0 /etc/ssh/ssh_host_ed25519_key $scratch/large
file 640 100000 70000 /etc/long $scratch/short
file 644 0 0 /etc/first $scratch/large
file 644 0 0 /lib/in-a-linked-folder $scratch/empty
file 644 0 0 /etc/many/one-more-with-a-long-name-to-fill-the-folder $scratch/short
folder 700 1000 1000 /home/pi/.ssh
file 600 1000 1000 /home/pi/.ssh/authorized_keys $scratch/large
END

# lay IMAGE PATCH: what is in $scratch/lines.
lay ()
{
  # shellcheck disable=SC2016 # nbdkit's variable
  nbdkit -r -U - file "$1" --run './lay-files "$unixsocket" '"$2"' <'"$scratch/lines" \
    2>"$scratch/said"
}

# content_of PATH: in the patched file system.
content_of ()
{
  debugfs -R "cat $1" "$file_system" 2>/dev/null
}

expect_stat ()
{
  debugfs -R "stat $1" "$file_system" 2>/dev/null >"$scratch/stat"
  shift
  for regex; do
    grep -Eq "$regex" "$scratch/stat" || {
      cat "$scratch/stat" >&2
      fail "stat has no $regex"
    }
  done
}

check ()
{
  e2fsck -fn "$file_system" >"$scratch/fsck" 2>&1 || {
    cat "$scratch/fsck" >&2
    fail "e2fsck is not content"
  }
  content_of /etc/hostname | cmp - "$scratch/short" || fail "hostname"
  content_of /etc/ssh/ssh_host_ed25519_key | cmp - "$scratch/large" || fail "a new file"
  content_of /etc/long | cmp - "$scratch/short" || fail "a file that became shorter"
  content_of /etc/first | cmp - "$scratch/large" || fail "one of two names"
  [ "$(content_of /etc/second)" = "two names" ] || fail "the other name has changed"
  content_of /usr/lib/in-a-linked-folder | cmp - "$scratch/empty" || fail "an empty file"
  content_of /etc/many/one-more-with-a-long-name-to-fill-the-folder |
    cmp - "$scratch/short" || fail "a large folder"
  content_of /home/pi/.ssh/authorized_keys | cmp - "$scratch/large" || fail "a new folder"
  expect_stat /etc/long 'Mode: +0640' 'User: 100000 +Group: 70000'
  expect_stat /etc/ssh/ssh_host_ed25519_key 'Mode: +0600' 'User: +0 +Group: +0' \
    'Links: 1 '
  expect_stat /home/pi/.ssh 'Type: directory' 'Mode: +0700' 'User: +1000'
  expect_stat /etc/second 'Links: 1 '
}

# try MKFS-OPTIONS...
try ()
{
  echo "mkfs.ext4 $*"
  rm -f "$scratch/image"
  truncate -s 24M "$scratch/image"
  mkfs.ext4 -q -F -d "$tree" "$@" "$scratch/image"
  before=$(cksum <"$scratch/image")
  lay "$scratch/image" "$scratch/patch" || { cat "$scratch/said" >&2; fail "refused"; }
  lay "$scratch/image" "$scratch/again"
  cmp "$scratch/patch" "$scratch/again" || fail "another patch from the same inputs"
  [ "$(cksum <"$scratch/image")" = "$before" ] || fail "the image itself was changed"
  file_system=$scratch/patched
  cp "$scratch/image" "$file_system"
  python3 "$top_srcdir/tests/apply-patch.py" "$scratch/patch" "$file_system"
  check
}

try
try -b 1024
try -b 4096 -O metadata_csum,64bit
try -b 1024 -O ^metadata_csum,^64bit,uninit_bg
try -O inline_data -I 256
try -b 1024 -O inline_data,sparse_super2
try -O ^has_journal,^extents,^64bit,^dir_index
try -O metadata_csum_seed,orphan_file,large_dir
try -O bigalloc -C 16384
try -t ext3
try -t ext2 -I 128

echo "in a partition, the second one"
mkfs.ext4 -q -F -d "$tree" "$scratch/root" 24M
truncate -s 32M "$scratch/image"
printf '2048,4096,c\n8192,49152,L\n' | /sbin/sfdisk -q "$scratch/image"
dd if="$scratch/root" of="$scratch/image" bs=1M seek=4 conv=notrunc status=none
lay "$scratch/image" "$scratch/patch"
cp "$scratch/image" "$scratch/whole"
python3 "$top_srcdir/tests/apply-patch.py" "$scratch/patch" "$scratch/whole"
tail -c +4194305 "$scratch/whole" | head -c 24M >"$scratch/patched"
check
cmp -n 4194304 "$scratch/image" "$scratch/whole" || fail "another partition was changed"

# refused WORDS: the lines cannot be laid into $scratch/image.
refused ()
{
  rm -f "$scratch/patch"
  ! lay "$scratch/image" "$scratch/patch" || fail "not refused: $1"
  grep -q "$1" "$scratch/said" || { cat "$scratch/said" >&2; fail "it did not say: $1"; }
  [ "$(wc -l <"$scratch/said")" -eq 1 ] || { cat "$scratch/said" >&2; fail "not one line"; }
  [ ! -e "$scratch/patch" ] || fail "a patch in spite of: $1"
}

echo "two root file systems"
truncate -s 64M "$scratch/image"
printf '8192,49152,L\n65536,49152,L\n' | /sbin/sfdisk -q "$scratch/image"
for at in 4 32; do
  dd if="$scratch/root" of="$scratch/image" bs=1M seek=$at conv=notrunc status=none
done
refused '2 root file systems.*partition 1; partition 2: another root'

echo "none"
mkdir "$scratch/other"
mkfs.ext4 -q -F -d "$scratch/other" "$scratch/root" 24M
dd if="$scratch/root" of="$scratch/image" bs=1M seek=4 conv=notrunc status=none
dd if=/dev/zero of="$scratch/image" bs=1M seek=32 count=24 conv=notrunc status=none
printf '_BHRfS_M' | dd of="$scratch/image" bs=1 seek=$((32 * 1048576 + 65600)) \
  conv=notrunc status=none
refused 'no ext4 root file system.*1: ext4 without /etc.*2: btrfs'

# make OPTIONS...: a file system in $scratch/image, refused for what is done to it.
make ()
{
  rm -f "$scratch/image"
  truncate -s 24M "$scratch/image"
  mkfs.ext4 -q -F -d "$tree" "$@" "$scratch/image"
}

echo "not clean, or not for us"
make
debugfs -w -R 'feature needs_recovery' "$scratch/image" >"$scratch/out" 2>&1
refused 'journal must be replayed'
make
debugfs -w -R 'set_super_value state 2' "$scratch/image" 2>/dev/null
refused 'having errors'
make -O quota
refused 'quotas'
make
debugfs -w -R 'set_super_value feature_incompat 0x80000042' "$scratch/image" 2>/dev/null
refused 'cannot be read'
make
debugfs -w -R 'set_super_value feature_ro_compat 0x80000000' "$scratch/image" 2>/dev/null
refused 'cannot be changed'
make
tune2fs -O read-only "$scratch/image" >/dev/null
refused 'read only'
make
debugfs -w -R 'set_super_value blocks_count 100000' "$scratch/image" 2>/dev/null
refused 'larger than the partition'

echo "full"
make
free=$(dumpe2fs -h "$scratch/image" 2>/dev/null | sed -n 's/^Free blocks: *//p')
size=$(dumpe2fs -h "$scratch/image" 2>/dev/null | sed -n 's/^Block size: *//p')
head -c $(((free - 40) * size)) /dev/zero | tr '\0' x >"$scratch/ballast"
debugfs -w -R "write $scratch/ballast ballast" "$scratch/image" >"$scratch/out" 2>&1
refused 'cannot be written'
make -N 700
free=$(dumpe2fs -h "$scratch/image" 2>/dev/null | sed -n 's/^Free inodes: *//p')
seq "$free" | sed "s|.*|write $scratch/empty ballast-&|" >"$scratch/commands"
debugfs -w -f "$scratch/commands" "$scratch/image" >"$scratch/out" 2>&1
refused 'cannot be written'

echo "a link that leads nowhere is no place"
make
echo "file 644 0 0 /etc/dangling $scratch/short" >"$scratch/lines"
refused '/etc/dangling: it cannot be written'
echo "a link to a file is one"
echo "file 644 0 0 /etc/alias $scratch/short" >"$scratch/lines"
lay "$scratch/image" "$scratch/patch"
cp "$scratch/image" "$file_system"
python3 "$top_srcdir/tests/apply-patch.py" "$scratch/patch" "$file_system"
content_of /etc/hostname | cmp - "$scratch/short" || fail "through a link"
e2fsck -fn "$file_system" >/dev/null 2>&1 || fail "e2fsck is not content"
echo "a folder that is not there"
echo "file 644 0 0 /no/folder $scratch/short" >"$scratch/lines"
refused '/no/folder: it cannot be written'

echo "labels"
make
debugfs -w -R "ea_set /etc security.selinux etc_t" "$scratch/image" 2>/dev/null
debugfs -w -R "ea_set /etc/long security.selinux own_t" "$scratch/image" 2>/dev/null
cat >"$scratch/lines" <<END
file 644 0 0 /etc/new $scratch/short
file 644 0 0 /etc/hostname $scratch/short hostname_t
file 644 0 0 /etc/long $scratch/short
file 644 0 0 /usr/lib/new $scratch/short lib_t
END
lay "$scratch/image" "$scratch/patch"
cp "$scratch/image" "$file_system"
python3 "$top_srcdir/tests/apply-patch.py" "$scratch/patch" "$file_system"
e2fsck -fn "$file_system" >/dev/null 2>&1 || fail "e2fsck is not content"
label_of ()
{
  debugfs -R "ea_get $1 security.selinux" "$file_system" 2>/dev/null |
    grep -o '[a-z]*_t' || echo none
}
[ "$(label_of /etc/new)" = etc_t ] || fail "the folder's label: $(label_of /etc/new)"
[ "$(label_of /etc/hostname)" = hostname_t ] || fail "the board's label"
[ "$(label_of /etc/long)" = own_t ] || fail "the file's own label"
[ "$(label_of /usr/lib/new)" = none ] || fail "a label where there are none"
