/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "first-boot-values.h"
#include "wifi-psk.h"

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool
consists_of (const char *value, const char *characters)
{
  return value[strspn (value, characters)] == '\0';
}

const char *
hostname_fault (const char *value)
{
  const size_t len = strlen (value);

  if (strchr (value, '.'))
    return "give the name alone, without a domain";
  if (!consists_of (value, LOWER UPPER DIGITS "-"))
    return "letters, digits and - only";
  if (len > HOSTNAME_LENGTH_MAX)
    return "63 characters at most";
  if (*value == '-' || value[len - 1] == '-')
    return "it must not begin or end with -";
  /* Programs would take it for an address. */
  if (consists_of (value, DIGITS))
    return "it must not be a number";
  return NULL;
}

const char *
user_name_fault (const char *value)
{
  /* Those of Debian's base-passwd, and of the daemons that every board has. */
  static const char *const system_accounts[] = {
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news",
    "uucp", "proxy", "www-data", "backup", "list", "irc", "gnats", "nobody", "_apt",
    "sshd", "messagebus", "polkitd", "systemd-network", "systemd-resolve",
    "systemd-timesync", "avahi", "dnsmasq",
  };

  if (!consists_of (value, LOWER DIGITS "_-"))
    return "small letters, digits, _ and - only";
  if (!strchr (LOWER "_", *value))
    return "it must begin with a small letter or _";
  if (strlen (value) > USER_NAME_LENGTH_MAX)
    return "32 characters at most";
  for (size_t i = 0; i < sizeof system_accounts / sizeof *system_accounts; i++)
    if (strcmp (value, system_accounts[i]) == 0)
      return "this is an account of the system; a person's is needed";
  return NULL;
}

const char *
password_fault (const char *value)
{
  return strlen (value) > PASSWORD_LENGTH_MAX ? "256 bytes at most" : NULL;
}

const char *
wifi_ssid_fault (const char *value)
{
  return strlen (value) > SSID_LENGTH_MAX
         ? "32 bytes at most (a letter that is not ASCII has several)" : NULL;
}

const char *
wifi_password_fault (const char *value)
{
  const size_t len = strlen (value);

  if (wifi_psk_is_psk (value))
    return NULL;
  if (len < WIFI_PASSPHRASE_MIN || len > WIFI_PASSPHRASE_MAX)
    return "8 to 63 characters, or 64 hexadecimal digits";
  for (const char *p = value; *p; p++)
    if ((unsigned char) *p > '~')
      return "WPA knows ASCII characters only; the 64 hexadecimal digits of the key "
             "can be given instead";
  return NULL;
}

const char *
wifi_country_fault (const char *value)
{
  /* In the order of the standard, without anything between them. */
  static const char codes[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBT"
    "BVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEH"
    "ERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHT"
    "HUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLS"
    "LTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNI"
    "NLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESG"
    "SHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUG"
    "UMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

  if (strcmp (value, "UK") == 0)
    return "the code of the United Kingdom is GB";
  if (strlen (value) == 2)
    for (const char *code = codes; *code; code += 2)
      if (strncmp (code, value, 2) == 0)
        return NULL;
  return "a country's two letters are needed (ISO 3166), as in DE or US";
}
