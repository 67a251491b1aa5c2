# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2054
# The kinds of virtual boards, and all that differs between them.  Sourced by
# lab.sh.  BOARD_KIND is one of
#
#   pc     amd64, BIOS, syslinux, MBR, a virtio disk (the default)
#   sd     the same with all of it on an SD card, as on a Raspberry Pi: MBR, the
#          FAT boot partition first, the root file system on /dev/mmcblk0p2
#   arm64  aarch64, UEFI, systemd-boot, GPT, a virtio disk
#
# KIND_DIR holds what is made for the kind, in the lab; kind_words tells all of it,
# for fingerprints.

BOARD_KIND=${BOARD_KIND:-pc}
KIND_DIR=$BOARD_LAB_DIR/$BOARD_KIND

# What most of them have.
KIND_ARCH=amd64                 # Debian's word
KIND_TRIPLET=x86_64-linux-gnu
KIND_FIRMWARE=bios              # bios: MBR and syslinux; uefi: GPT, systemd-boot
KIND_DISK=vda KIND_ROOT=/dev/vda2
KIND_DISK_MODULES='virtio_pci virtio_blk'
KIND_KERNELS='debian:linux-image-cloud-amd64 ubuntu:linux-image-virtual'
KIND_CONSOLE=ttyS0,115200
# On a busy machine the emulated timer comes too late for the kernel's test of it.
KIND_KERNEL_OPTIONS=no_timer_check
KIND_SSH_OPTIONS=               # of boards that are slow to answer
KIND_SNAPSHOT=yes               # tests start from the RAM of a booted board
# In MiB: the disk; where its partitions begin, how long the first one is.
KIND_OLD_LAYOUT='1200 1 48 49'
KIND_NEW_LAYOUT='96 4 32 40'
KIND_QEMU=qemu-system-x86_64
KIND_QEMU_OPTIONS=(-machine pc,memory-backend=ram -cpu qemu64)
KIND_DISK_OPTIONS=(-device virtio-blk-pci,drive=disk)

case $BOARD_KIND in
  pc)
    KIND_DIR=$BOARD_LAB_DIR
    ;;
  sd)
    KIND_DISK=mmcblk0 KIND_ROOT=/dev/mmcblk0p2
    KIND_DISK_MODULES='sdhci_pci mmc_block'
    # The kernels for clouds have no drivers of SD cards.
    KIND_KERNELS='debian:linux-image-amd64 ubuntu:linux-image-generic'
    # QEMU's SD cards have a power of two of bytes, and QEMU's controller forgets
    # its PCI addresses in a snapshot.
    KIND_OLD_LAYOUT='1024 1 64 65'
    KIND_SNAPSHOT=no
    KIND_DISK_OPTIONS=(-device sdhci-pci -device sd-card,drive=disk)
    ;;
  arm64)
    KIND_ARCH=arm64
    KIND_TRIPLET=aarch64-linux-gnu
    KIND_FIRMWARE=uefi
    KIND_KERNELS='debian:linux-image-cloud-arm64 ubuntu:linux-image-virtual'
    KIND_CONSOLE=ttyAMA0
    KIND_KERNEL_OPTIONS=
    KIND_SSH_OPTIONS='  ServerAliveInterval 100'
    KIND_NEW_LAYOUT='112 4 44 52'
    KIND_QEMU=qemu-system-aarch64
    KIND_QEMU_OPTIONS=(-machine virt,memory-backend=ram -cpu cortex-a57
      -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd)
    ;;
  *)
    lab_die "no such kind of board: $BOARD_KIND"
    ;;
esac

# On a busy machine everything takes its time.
KIND_COMMAND_LINE="console=$KIND_CONSOLE $KIND_KERNEL_OPTIONS panic=0 net.ifnames=0 mitigations=off systemd.default_timeout_start_sec=30min"

kind_words ()
{
  declare -p "${!KIND_@}"
}
