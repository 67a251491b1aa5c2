/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cleanup.h"
#include "messages.h"
#include "prompt.h"
#include "report.h"
#include "user-certificate.h"
#include "libssh-login.h"

#define SECRET_MAX 1024
/* A server may ask for several methods in turn, not for ever. */
#define STAGES_MAX 8

struct login
{
  ssh_session session;
  const struct ssh_config *config;
  bool can_ask;
  size_t next_identity;         /* keys are offered once */
  bool agent_tried;
};

static bool
is_decided (int rc)
{
  return rc == SSH_AUTH_SUCCESS || rc == SSH_AUTH_PARTIAL || rc == SSH_AUTH_ERROR;
}

/* -- Keys ----------------------------------------------------------------- */

static int
try_agent (struct login *l)
{
  /* libssh offers every key of the agent, which is not what IdentitiesOnly
   * means; the files are tried next. */
  if (l->agent_tried || l->config->identities_only)
    return SSH_AUTH_DENIED;
  l->agent_tried = true;
  return ssh_userauth_agent (l->session, NULL);
}

struct passphrase_question
{
  const char *path;
  bool can_ask;
};

/* libssh asks for a passphrase through this.  Without it, its crypto library
 * would ask by itself. */
static int
ask_passphrase (const char *prompt, char *buf, size_t len, int echo, int verify,
                void *opaque)
{
  const struct passphrase_question *q = opaque;
  char question[512];

  (void) prompt;
  (void) echo;
  (void) verify;
  if (!q->can_ask)
    return -1;
  snprintf (question, sizeof question, "Passphrase for the key %s: ", q->path);
  return prompt_ask (question, false, buf, len);
}

/* A key on a security key needs the device, which libssh cannot ask. */
static bool
is_on_device (ssh_key public)
{
  const enum ssh_keytypes_e type = ssh_key_type (public);

  return type == SSH_KEYTYPE_SK_ED25519 || type == SSH_KEYTYPE_SK_ECDSA;
}

/* The public half beside PATH, to be freed; NULL: there is none. */
static ssh_key
read_public_half (const char *path)
{
  CLEANUP_FREE char *public_path = NULL;
  ssh_key key = NULL;

  if (asprintf (&public_path, "%s.pub", path) == -1) {
    public_path = NULL;
    return NULL;
  }
  return ssh_pki_import_pubkey_file (public_path, &key) == SSH_OK ? key : NULL;
}

/* Whether the server would take PUBLIC: asking for a passphrase in vain annoys. */
static bool
is_worth_reading (struct login *l, ssh_key public)
{
  const int rc = ssh_userauth_try_publickey (l->session, NULL, public);

  return rc == SSH_AUTH_SUCCESS || rc == SSH_AUTH_ERROR;
}

/* The certificate of the key PATH whose public half is PUBLIC that the server would
 * take, to be freed; NULL: there is none. */
static ssh_key
find_certificate (struct login *l, const char *path, ssh_key public)
{
  char *const *given = l->config->certificates;
  CLEANUP_FREE char *beside = NULL;
  ssh_key certificate = NULL;

  if (asprintf (&beside, "%s-cert.pub", path) == -1)
    beside = NULL;
  for (const char *file = beside; file; file = *given++) {
    if (ssh_pki_import_cert_file (file, &certificate) == SSH_OK
        && user_certificate_is_of (certificate, public)
        && is_worth_reading (l, certificate)) {
      message_detail ("The server would take the certificate %s", file);
      return certificate;
    }
    ssh_key_free (certificate);
    certificate = NULL;
  }
  return NULL;
}

/* The same for the private KEY, where there is no public half beside it. */
static ssh_key
find_certificate_of (struct login *l, const char *path, ssh_key key)
{
  ssh_key public = NULL, certificate = NULL;

  if (ssh_pki_export_privkey_to_pubkey (key, &public) == SSH_OK)
    certificate = find_certificate (l, path, public);
  ssh_key_free (public);
  return certificate;
}

/* Read the private key of PATH, and log in with it. */
static int
use_key_file (struct login *l, const char *path, ssh_key certificate)
{
  struct passphrase_question question = { path, l->can_ask };
  ssh_key key = NULL;
  int rc;

  rc = ssh_pki_import_privkey_file (path, NULL, ask_passphrase, &question, &key);
  if (rc != SSH_OK) {
    message_warning ("the key %s cannot be used: %s", path,
                     l->can_ask ? "no private key, or a wrong passphrase"
                     : "no private key, or it has a passphrase and there is no "
                       "terminal to ask on");
    return SSH_AUTH_DENIED;
  }
  ssh_key found = certificate ? NULL : find_certificate_of (l, path, key);
  if (certificate || found)
    ssh_pki_copy_cert_to_privkey (certificate ? certificate : found, key);
  ssh_key_free (found);
  rc = ssh_userauth_publickey (l->session, NULL, key);
  ssh_key_free (key);
  if (rc == SSH_AUTH_SUCCESS)
    message_detail ("Logged in with the key %s", path);
  return rc;
}

static int
try_key_file (struct login *l, const char *path)
{
  ssh_key public, certificate;
  int rc = SSH_AUTH_DENIED;

  if (access (path, R_OK) == -1) {
    if (l->config->identities_given)
      message_warning ("the key %s cannot be read: %s", path, strerror (errno));
    return SSH_AUTH_DENIED;
  }
  public = read_public_half (path);
  if (!public)
    return use_key_file (l, path, NULL);
  certificate = find_certificate (l, path, public);
  if (is_on_device (public) && is_worth_reading (l, public))
    message_warning ("the key %s is on a security key, which the ssh that is built in "
                     "reaches through an agent only (ssh-add %s); or give "
                     "--ssh=openssh", path, path);
  else if (!is_on_device (public)
           && (certificate || is_worth_reading (l, public)))
    rc = use_key_file (l, path, certificate);
  ssh_key_free (certificate);
  ssh_key_free (public);
  return rc;
}

static int
try_publickey (struct login *l)
{
  int rc = try_agent (l);

  while (!is_decided (rc) && l->config->identities[l->next_identity])
    rc = try_key_file (l, l->config->identities[l->next_identity++]);
  return rc;
}

/* -- Questions ------------------------------------------------------------ */

/* Answer one round of questions; -1: the person gave up. */
static int
answer_prompts (struct login *l)
{
  const char *name = ssh_userauth_kbdint_getname (l->session);
  const char *instruction = ssh_userauth_kbdint_getinstruction (l->session);
  int n = ssh_userauth_kbdint_getnprompts (l->session);

  if (name && *name)
    message_verbatim ("", name);
  if (instruction && *instruction)
    message_verbatim ("", instruction);
  for (int i = 0; i < n; i++) {
    char echo = 0, answer[SECRET_MAX], question[512];
    const char *text = ssh_userauth_kbdint_getprompt (l->session, (unsigned) i,
                                                      &echo);
    int rc;

    snprintf (question, sizeof question, "(%s@%s) %s", l->config->user,
              l->config->host, text ? text : "");
    if (prompt_ask (question, echo, answer, sizeof answer) == -1)
      return -1;
    rc = ssh_userauth_kbdint_setanswer (l->session, (unsigned) i, answer);
    explicit_bzero (answer, sizeof answer);
    if (rc < 0)
      return -1;
  }
  return 0;
}

static int
try_kbdint (struct login *l)
{
  int rc = SSH_AUTH_DENIED;

  for (unsigned i = 0; i < l->config->password_prompts; i++) {
    rc = ssh_userauth_kbdint (l->session, NULL, NULL);
    while (rc == SSH_AUTH_INFO) {
      if (answer_prompts (l) == -1)
        return SSH_AUTH_DENIED;
      rc = ssh_userauth_kbdint (l->session, NULL, NULL);
    }
    if (is_decided (rc))
      return rc;
  }
  return rc;
}

static int
try_password (struct login *l)
{
  char question[512], password[SECRET_MAX];
  int rc = SSH_AUTH_DENIED;

  snprintf (question, sizeof question, "Password of %s@%s: ", l->config->user,
            l->config->host);
  for (unsigned i = 0; i < l->config->password_prompts; i++) {
    if (prompt_ask (question, false, password, sizeof password) == -1)
      return SSH_AUTH_DENIED;
    rc = ssh_userauth_password (l->session, NULL, password);
    explicit_bzero (password, sizeof password);
    if (is_decided (rc))
      return rc;
    message_always ("The password was not accepted.");
  }
  return rc;
}

/* -- The order ------------------------------------------------------------ */

/* Try every method that the server takes now, until one is decided. */
static int
try_methods (struct login *l)
{
  const struct ssh_config *c = l->config;
  int methods = ssh_userauth_list (l->session, NULL), rc = SSH_AUTH_DENIED;

  if (c->pubkey_auth && (methods & SSH_AUTH_METHOD_PUBLICKEY))
    rc = try_publickey (l);
  if (!is_decided (rc) && l->can_ask && c->kbdint_auth
      && (methods & SSH_AUTH_METHOD_INTERACTIVE))
    rc = try_kbdint (l);
  if (!is_decided (rc) && l->can_ask && c->password_auth
      && (methods & SSH_AUTH_METHOD_PASSWORD))
    rc = try_password (l);
  return rc;
}

/* What to do where only the agent has the key that is named. */
static const char *
agent_hint (const struct login *l, int methods)
{
  const char *agent = l->config->identity_agent;

  if (!agent || strcasecmp (agent, "SSH_AUTH_SOCK") == 0)
    agent = getenv ("SSH_AUTH_SOCK");
  if (!l->config->identities_only || !(methods & SSH_AUTH_METHOD_PUBLICKEY)
      || !agent || strcasecmp (agent, "none") == 0)
    return "";
  return "\nBecause of IdentitiesOnly the ssh that is built in has not asked the agent; "
         "--ssh=openssh lets it use the keys that are named.";
}

static void
report_refusal (struct login *l, int rc)
{
  const struct ssh_config *c = l->config;
  int methods = ssh_userauth_list (l->session, NULL);
  char list[128] = "";

  if (rc == SSH_AUTH_ERROR) {
    report_error (ERROR_LOGIN_REFUSED, "the login of %s@%s failed: %s\n"
                  "If the agent holds many keys, name the right one: "
                  "-i KEY -o IdentitiesOnly=yes (with --ssh=openssh, if only the "
                  "agent has it)", c->user, c->host,
                  ssh_get_error (l->session));
    return;
  }
  snprintf (list, sizeof list, "%s%s%s%s",
            methods & SSH_AUTH_METHOD_PUBLICKEY ? " publickey" : "",
            methods & SSH_AUTH_METHOD_INTERACTIVE ? " keyboard-interactive" : "",
            methods & SSH_AUTH_METHOD_PASSWORD ? " password" : "",
            methods & SSH_AUTH_METHOD_HOSTBASED ? " hostbased" : "");
  report_error (ERROR_LOGIN_REFUSED, "%s refuses the login of %s; it takes:%s.%s%s\n"
                "Try it with ssh, name a key with -i, or another user: USER@%s",
                c->host, c->user, *list ? list : " nothing that is known here",
                l->can_ask ? "" : "\nThere is no terminal to ask for a password "
                "or a passphrase on.", agent_hint (l, methods), c->alias);
}

static void
show_banner (ssh_session session)
{
  char *banner = ssh_get_issue_banner (session);

  if (banner)
    message_verbatim ("board: ", banner);
  ssh_string_free_char (banner);
}

int
libssh_login (ssh_session session, const struct ssh_config *config)
{
  struct login l = { .session = session, .config = config };
  int rc = ssh_userauth_none (session, NULL);

  l.can_ask = !config->batch_mode && prompt_possible ();
  if (!config->lifeboat)        /* else the ordinary login shows it */
    show_banner (session);
  if (rc == SSH_AUTH_DENIED)
    rc = SSH_AUTH_PARTIAL;
  for (int stage = 0; rc == SSH_AUTH_PARTIAL && stage < STAGES_MAX; stage++)
    rc = try_methods (&l);
  if (rc == SSH_AUTH_SUCCESS)
    return 0;
  report_refusal (&l, rc);
  return -1;
}
