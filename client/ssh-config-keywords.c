/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "messages.h"
#include "report.h"
#include "ssh-config-keywords.h"

static const struct { const char *name; enum config_keyword keyword; } keywords[] = {
  { "host", KEY_HOST }, { "match", KEY_MATCH }, { "include", KEY_INCLUDE },
  { "hostname", KEY_HOSTNAME }, { "user", KEY_USER }, { "port", KEY_PORT },
  { "identityfile", KEY_IDENTITY_FILE },
  { "identitiesonly", KEY_IDENTITIES_ONLY },
  { "userknownhostsfile", KEY_KNOWN_HOSTS },
  { "globalknownhostsfile", KEY_GLOBAL_KNOWN_HOSTS },
  { "stricthostkeychecking", KEY_STRICT },
  { "hostkeyalias", KEY_HOST_KEY_ALIAS },
  { "identityagent", KEY_IDENTITY_AGENT },
  { "connecttimeout", KEY_CONNECT_TIMEOUT },
  { "serveraliveinterval", KEY_ALIVE_INTERVAL },
  { "addressfamily", KEY_ADDRESS_FAMILY },
  { "bindaddress", KEY_BIND_ADDRESS },
  { "batchmode", KEY_BATCH_MODE },
  { "certificatefile", KEY_CERTIFICATE_FILE },
  { "hashknownhosts", KEY_HASH_KNOWN_HOSTS },
  { "preferredauthentications", KEY_PREFERRED },
  { "numberofpasswordprompts", KEY_PASSWORD_PROMPTS },
  { "pubkeyauthentication", KEY_PUBKEY_AUTH },
  { "passwordauthentication", KEY_PASSWORD_AUTH },
  { "kbdinteractiveauthentication", KEY_KBDINT_AUTH },
  { "challengeresponseauthentication", KEY_KBDINT_AUTH },
  { "proxyjump", KEY_PROXY }, { "proxycommand", KEY_PROXY },
  { "ciphers", KEY_CIPHERS }, { "macs", KEY_MACS },
  { "kexalgorithms", KEY_KEX },
  { "hostkeyalgorithms", KEY_HOST_KEY_ALGORITHMS },
  { "pubkeyacceptedalgorithms", KEY_PUBKEY_ALGORITHMS },
  { "pubkeyacceptedkeytypes", KEY_PUBKEY_ALGORITHMS },
  { "compression", KEY_COMPRESSION }, { "rekeylimit", KEY_REKEY_LIMIT },
  /* They have nothing to say about a flash, so nobody misses them. */
  { "checkhostip", KEY_NOT_FOR_US }, { "connectionattempts", KEY_NOT_FOR_US },
  { "controlmaster", KEY_NOT_FOR_US }, { "controlpath", KEY_NOT_FOR_US },
  { "controlpersist", KEY_NOT_FOR_US }, { "forwardagent", KEY_NOT_FOR_US },
  { "forwardx11", KEY_NOT_FOR_US }, { "forwardx11trusted", KEY_NOT_FOR_US },
  { "gssapiauthentication", KEY_NOT_FOR_US },
  { "gssapidelegatecredentials", KEY_NOT_FOR_US },
  { "ipqos", KEY_NOT_FOR_US },
  { "loglevel", KEY_NOT_FOR_US }, { "requesttty", KEY_NOT_FOR_US },
  { "sendenv", KEY_NOT_FOR_US }, { "serveralivecountmax", KEY_NOT_FOR_US },
  { "setenv", KEY_NOT_FOR_US },
  { "tcpkeepalive", KEY_NOT_FOR_US }, { "updatehostkeys", KEY_NOT_FOR_US },
  { "visualhostkey", KEY_NOT_FOR_US }, { "addkeystoagent", KEY_NOT_FOR_US },
  { "canonicaldomains", KEY_NOT_FOR_US },
  { "canonicalizefallbacklocal", KEY_NOT_FOR_US },
  { "canonicalizemaxdots", KEY_NOT_FOR_US },
  { "canonicalizepermittedcnames", KEY_NOT_FOR_US },
  { "casignaturealgorithms", KEY_NOT_FOR_US },
  { "clearallforwardings", KEY_NOT_FOR_US }, { "dynamicforward", KEY_NOT_FOR_US },
  { "enableescapecommandline", KEY_NOT_FOR_US },
  { "enablesshkeysign", KEY_NOT_FOR_US }, { "escapechar", KEY_NOT_FOR_US },
  { "exitonforwardfailure", KEY_NOT_FOR_US },
  { "fingerprinthash", KEY_NOT_FOR_US },
  { "forkafterauthentication", KEY_NOT_FOR_US },
  { "forwardx11timeout", KEY_NOT_FOR_US }, { "gatewayports", KEY_NOT_FOR_US },
  { "hostbasedacceptedalgorithms", KEY_NOT_FOR_US },
  { "ignoreunknown", KEY_NOT_FOR_US }, { "kbdinteractivedevices", KEY_NOT_FOR_US },
  { "localcommand", KEY_NOT_FOR_US }, { "localforward", KEY_NOT_FOR_US },
  { "logverbose", KEY_NOT_FOR_US }, { "permitlocalcommand", KEY_NOT_FOR_US },
  { "permitremoteopen", KEY_NOT_FOR_US }, { "remotecommand", KEY_NOT_FOR_US },
  { "remoteforward", KEY_NOT_FOR_US }, { "sessiontype", KEY_NOT_FOR_US },
  { "stdinnull", KEY_NOT_FOR_US }, { "streamlocalbindmask", KEY_NOT_FOR_US },
  { "streamlocalbindunlink", KEY_NOT_FOR_US }, { "syslogfacility", KEY_NOT_FOR_US },
  { "tag", KEY_NOT_FOR_US }, { "tunnel", KEY_NOT_FOR_US },
  { "tunneldevice", KEY_NOT_FOR_US }, { "xauthlocation", KEY_NOT_FOR_US },
};

/* They decide how the host is reached or whom to trust, and neither libssh nor this
 * program goes by them. */
static const struct
{
  const char *name;
  const char *harmless;         /* the values that change nothing, or NULL */
  bool narrows;                 /* whom to trust: not to be left out */
} unsupported[] = {
  { "bindinterface", NULL, false },
  { "canonicalizehostname", "no false none", false },
  { "hostbasedauthentication", "no false", false },
  { "knownhostscommand", "none", false },
  { "nohostauthenticationforlocalhost", "no false", false },
  { "pkcs11provider", "none", false },
  { "proxyusefdpass", "no false", true },
  { "requiredrsasize", "1024", false },
  { "revokedhostkeys", "none", true },
  { "securitykeyprovider", "internal", false },
  { "verifyhostkeydns", "no false", false },
};
#define NR_UNSUPPORTED (sizeof unsupported / sizeof *unsupported)

enum config_keyword
config_keyword_find (const char *name)
{
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
    if (strcasecmp (name, keywords[i].name) == 0)
      return keywords[i].keyword;
  for (size_t i = 0; i < NR_UNSUPPORTED; i++)
    if (strcasecmp (name, unsupported[i].name) == 0)
      return KEY_UNSUPPORTED;
  return KEY_UNKNOWN;
}

static bool
is_one_of (const char *word, const char *words)
{
  const size_t len = strlen (word);

  for (; words && *words; words += strcspn (words, " "), words += *words == ' ')
    if (strcspn (words, " ") == len && strncasecmp (words, word, len) == 0)
      return true;
  return false;
}

int
config_keyword_judge (const char *name, char *rest, const char *place)
{
  const char *value = config_next_word (&rest);
  size_t i = 0;

  while (i < NR_UNSUPPORTED && strcasecmp (name, unsupported[i].name) != 0)
    i++;
  if (i == NR_UNSUPPORTED || !value || is_one_of (value, unsupported[i].harmless))
    return 0;
  if (unsupported[i].narrows) {
    report_error (ERROR_SSH_CONFIG_UNSUPPORTED,
                  "%s: %s %s: the ssh that is built in does not go by it, and to "
                  "leave it out would not be safe.\nUse the system's ssh: "
                  "--ssh=openssh", place, name, value);
    return -1;
  }
  message_warning ("%s: %s %s: the ssh that is built in does not go by it; "
                   "--ssh=openssh does", place, name, value);
  return 0;
}
