"""Read all settings from the environment. Only this module decides in which size Darkroom runs."""

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from saas import environment
from saas.storage import static_headers

django_stubs_ext.monkeypatch()  # lets ModelForm[…] and ModelAdmin[…] be written

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = environment.flag("DEBUG")
if not DEBUG:
    environment.refuse_missing(
        {
            "SECRET_KEY": "signs sessions and links; a long random text",
            "ENCRYPTION_KEYS": "encrypts provider keys; see docs/settings.md",
            "DATABASE_URL": "postgresql://user:password@host/name",
            "ALLOWED_HOSTS": "the host names that Darkroom answers to",
        }
    )

SECRET_KEY = environment.text("SECRET_KEY", "not-a-secret-only-for-debugging")
SECRET_KEY_FALLBACKS = environment.listing("SECRET_KEY_FALLBACKS")
ENCRYPTION_KEYS = environment.listing(
    "ENCRYPTION_KEYS", "ZGFya3Jvb20tZGVidWctZGFya3Jvb20tZGVidWctMDA=" if DEBUG else ""
)
ALLOWED_HOSTS = environment.listing("ALLOWED_HOSTS", "*" if DEBUG else "")

PUBLIC_URL = environment.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
IS_HTTPS = urlsplit(PUBLIC_URL).scheme == "https"
IS_EMBEDDED = environment.flag("DARKROOM_EMBEDDED")
DATA_DIR = Path(environment.text("DARKROOM_DATA", str(BASE_DIR / "data")))

INSTALLED_APPS = [
    "accounts.apps.AccountsConfig",
    "billing.apps.BillingConfig",
    "studio.apps.StudioConfig",
    "saas.apps.SaasConfig",
    "saas.apps.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "channels",
    "csp",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
]

# For people. Before it, `saas.web.program_handler` serves static files.
MIDDLEWARE = [
    "saas.web.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "saas.web.devices.DevicesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "saas.web.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# For programs on /v1/: all of this middleware runs in the event loop.
PROGRAM_MIDDLEWARE = ["saas.web.middleware.RequestMiddleware"]

ROOT_URLCONF = "saas.urls"
ASGI_APPLICATION = "saas.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "saas.web.shell_context.shell",
            ]
        },
    }
]
FORM_RENDERER = "saas.web.forms.Renderer"

# -- Database, cache, queue, channel layer --------------------------------------------------------

DATABASES = {"default": environment.database("DATABASE_URL", pool_size=environment.number("DATABASE_POOL_SIZE", 20))}

REDIS_URL = environment.text("REDIS_URL")
BROKER_URL = environment.text("BROKER_URL")

# Only allauth uses "default", where it counts sign-ins, so that entries that a stranger or an API key makes for free
# cannot evict a counter of failed sign-ins. Darkroom's own entries are all in "counters".
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        name: {
            "BACKEND": "saas.storage.redis_cache.SharedRedisCache",
            "LOCATION": REDIS_URL,
            "VERSION": version,
            "OPTIONS": {"name": name, "socket_connect_timeout": 0.3, "socket_timeout": 0.3},
        }
        for name, version in (("default", 2), ("counters", 1))  # version 1 of "default" was pickled
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "saas.server.channel_layer.SealedLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "darkroom.sealed."},
        }
    }
else:
    CACHES = {
        name: {"BACKEND": "saas.storage.redis_cache.RoomyCache", "LOCATION": name, "OPTIONS": {"MAX_ENTRIES": 100_000}}
        for name in ("default", "counters")
    }
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# -- Files ----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
MEDIA_ROOT = Path(environment.text("MEDIA_ROOT", str(DATA_DIR / "media")))

AWS_STORAGE_BUCKET_NAME = environment.text("AWS_STORAGE_BUCKET_NAME")
if AWS_STORAGE_BUCKET_NAME:
    DEFAULT_STORAGE: dict[str, Any] = {
        "BACKEND": "saas.storage.s3.SharedS3Storage",
        "OPTIONS": {
            "bucket_name": AWS_STORAGE_BUCKET_NAME,
            "endpoint_url": environment.text("AWS_S3_ENDPOINT_URL") or None,
            "region_name": environment.text("AWS_S3_REGION_NAME") or None,
            "access_key": environment.text("AWS_ACCESS_KEY_ID") or None,
            "secret_key": environment.text("AWS_SECRET_ACCESS_KEY") or None,
            "addressing_style": environment.text("AWS_S3_ADDRESSING_STYLE", "auto"),
            "signature_version": "s3v4",  # boto picks an older one for some endpoints, which many refuse
            "default_acl": None,  # the bucket is private and stays private
            "querystring_auth": True,
            "querystring_expire": 300,
            "file_overwrite": False,
        },
    }
    IMPATIENT_STORAGE = {**DEFAULT_STORAGE, "BACKEND": "saas.storage.s3.ImpatientS3Storage"}
else:
    DEFAULT_STORAGE = IMPATIENT_STORAGE = {"BACKEND": "saas.storage.disk.WholeFileStorage"}

# Which program sends a file's bytes once rights are checked: this one ("here"), the proxy before it, or the bucket.
FILES_FROM = environment.choice("FILES_FROM", ["here", "proxy", "bucket"])
# Further origins from which browsers may load pictures: those of signed links.
FILES_ORIGINS = environment.listing("FILES_ORIGINS", environment.text("AWS_S3_ENDPOINT_URL"))
if FILES_FROM == "bucket" and not (AWS_STORAGE_BUCKET_NAME and FILES_ORIGINS):
    raise ImproperlyConfigured("FILES_FROM=bucket needs AWS_STORAGE_BUCKET_NAME and FILES_ORIGINS.")

STORAGES = {
    "default": DEFAULT_STORAGE,
    "probe": {**DEFAULT_STORAGE, "BACKEND": "saas.storage.s3.ProbedS3Storage"}  # for /readyz
    if AWS_STORAGE_BUCKET_NAME
    else DEFAULT_STORAGE,
    "impatient": IMPATIENT_STORAGE,  # the same files, for writes and deletes that can be skipped or done later
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "saas.storage.static_files.Storage"
    },
}
SERVESTATIC_KEEP_ONLY_HASHED_FILES = False
SERVESTATIC_ALLOW_ALL_ORIGINS = False
SERVESTATIC_ADD_HEADERS_FUNCTION = static_headers.on_static_files
# A larger body is refused by its announced length, before it is read. Only doors that take pictures allow this much.
REQUEST_LIMIT_BYTES = environment.number("REQUEST_LIMIT_BYTES", 100_000_000)
DECODING_LIMIT_BYTES = environment.number("DECODING_LIMIT_BYTES", 1_000_000_000)
ANSWERS_LIMIT_BYTES = environment.number("ANSWERS_LIMIT_BYTES", 600_000_000)
# The bytes of all bodies that one process keeps at once until they are read.
REQUEST_BODIES_BYTES = environment.number("REQUEST_BODIES_BYTES", 500_000_000)
# A request whose first line and headers take longer to arrive is cut off,
REQUEST_HEAD_SECONDS = environment.number("REQUEST_HEAD_SECONDS", 20)
# and so is a request that as a whole takes longer than this.
REQUEST_ARRIVAL_SECONDS = environment.number("REQUEST_ARRIVAL_SECONDS", 300)
# How long a web process that is asked to stop may take to answer the requests it has begun.
DRAIN_SECONDS = environment.number("DRAIN_SECONDS", 120)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5100  # the pictures of a large collection, in their order
FILE_UPLOAD_HANDLERS = [
    "saas.web.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# -- People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.signin.backends.PersonBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

ACCOUNT_ADAPTER = "accounts.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.signin.adapters.SignupForm"
ACCOUNT_FORMS = {
    "login": "accounts.signin.forms.LoginForm",
    "signup": "accounts.signin.forms.SignupForm",
    "add_email": "accounts.signin.forms.AddEmailForm",
    "reset_password": "accounts.signin.forms.ResetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "accounts.signin.forms.AuthenticateForm",
    "reauthenticate": "accounts.signin.forms.ReauthenticateForm",
    "add_webauthn": "accounts.signin.passkeys.AddForm",
    "authenticate_webauthn": "accounts.signin.passkeys.AuthenticateForm",
    "login_webauthn": "accounts.signin.passkeys.LoginForm",
    "reauthenticate_webauthn": "accounts.signin.passkeys.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
}
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

MFA_ADAPTER = "accounts.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Darkroom"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS

# Who may make an account: everyone, people from the issuer below, or only invited people (who always may).
SIGN_UP = environment.choice("SIGN_UP", ["open", "issuer", "invited"])
# Who may found an organization: everyone with an account, or only the operator.
FOUNDING = environment.choice("FOUNDING", ["open", "operator"])
ORGANIZATIONS_A_DAY = environment.number("ORGANIZATIONS_A_DAY", 3)
ORGANIZATIONS_A_PERSON = environment.number("ORGANIZATIONS_A_PERSON", 10)
# How many invitation mails one person may send within an hour, from all their organizations together.
INVITATIONS_AN_HOUR = environment.number("INVITATIONS_AN_HOUR", 60)

OIDC_NAME = environment.text("OIDC_NAME")
OIDC_SERVER_URL = environment.text("OIDC_SERVER_URL")
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_ADAPTER = "accounts.issuer.adapter.IssuerAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {"APPS": [], "provider_class": "accounts.issuer.provider.IssuerProvider"}
}
if OIDC_NAME:
    if urlsplit(OIDC_SERVER_URL).scheme not in ({"https"} if IS_HTTPS else {"https", "http"}):
        raise ImproperlyConfigured("OIDC_SERVER_URL must begin with https:// where PUBLIC_URL does.")
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "oidc",
            "name": OIDC_NAME,
            "client_id": environment.text("OIDC_CLIENT_ID"),
            "secret": environment.text("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": OIDC_SERVER_URL},
        }
    ]

vars().update(environment.mail("EMAIL_URL"))
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "Darkroom <darkroom@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# -- Security -------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *(FILES_ORIGINS if FILES_FROM == "bucket" else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_SSL_HOST = urlsplit(PUBLIC_URL).netloc  # not the host in the request, which may name any port
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^-/metrics$", r"^sandbox/v1/"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag("HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_ENGINE = "saas.web.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "darkroom_session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "darkroom_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *environment.listing("CSRF_TRUSTED_ORIGINS")]
CSRF_FAILURE_VIEW = "saas.web.error_pages.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Private hosts that provider connections may reach: "host", "host:port" or "*.suffix".
PROVIDER_ALLOWED_HOSTS = environment.listing("PROVIDER_ALLOWED_HOSTS")
# The same for links from which Darkroom fetches a program's pictures.
PICTURE_ALLOWED_HOSTS = environment.listing("PICTURE_ALLOWED_HOSTS")
# The same for the addresses that webhooks are sent to.
WEBHOOK_ALLOWED_HOSTS = environment.listing("WEBHOOK_ALLOWED_HOSTS")
METRICS_TOKEN = environment.text("METRICS_TOKEN")
WORKER_METRICS_PORT = environment.number("WORKER_METRICS_PORT", 0)

# -- The engine -----------------------------------------------------------------------------------

# How long a claim lasts unless its worker renews it.
LEASE_SECONDS = environment.number("LEASE_SECONDS", 30)
UNCERTAIN_DAYS = environment.number("UNCERTAIN_DAYS", 14)
# The longest that one picture may take, from the request to its last byte.
PROVIDER_DEADLINE_SECONDS = environment.number("PROVIDER_DEADLINE_SECONDS", 600)
ORGANIZATION_CALLS_AT_ONCE = environment.number("ORGANIZATION_CALLS_AT_ONCE", 16)
CONNECTION_CALLS_AT_ONCE = environment.number("CONNECTION_CALLS_AT_ONCE", 16)
# How many calls one API key may make.
API_CALLS_A_MINUTE = environment.number("API_CALLS_A_MINUTE", 1200)
# How long a caller of the API waits for a picture; the run goes on.
API_WAIT_SECONDS = environment.number("API_WAIT_SECONDS", 1200)
# How many calls may wait for a picture at once, in one web process.
OPEN_WAITS = environment.number("OPEN_WAITS", 1024)
OPEN_WAITS_PER_ORGANIZATION = environment.number("OPEN_WAITS_PER_ORGANIZATION", 256)
OPEN_WAITS_PER_CALLER = environment.number("OPEN_WAITS_PER_CALLER", 64)
# A key that the operator lends to every organization; tenants never see it.
OPENAI_API_KEY = environment.text("OPENAI_API_KEY")
OPENAI_BASE_URL = environment.text("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/")
IMAGE_MODEL = environment.text("IMAGE_MODEL", "")
# What each organization may spend with the lent key, unless the operator has set another limit for it.
LENT_MICROS_A_DAY = environment.dollars("LENT_DOLLARS_A_DAY", "unlimited")
LENT_MICROS_A_MONTH = environment.dollars("LENT_DOLLARS_A_MONTH", "100")
# Where workers reach the sandbox, which this Darkroom itself serves.
SANDBOX_URL = environment.text("SANDBOX_URL", f"{PUBLIC_URL}/sandbox/v1")
SANDBOX_HOST = urlsplit(SANDBOX_URL).netloc
# The sandbox's pictures cost processor time: if strangers can reach Darkroom, only its own workers may ask for them.
IS_SANDBOX_PUBLIC = environment.flag("SANDBOX_PUBLIC", default=IS_EMBEDDED or DEBUG)
SANDBOX_KEY = sha256(f"sandbox:{SECRET_KEY}".encode()).hexdigest()

DESIGN_PAGE = environment.flag("DESIGN_PAGE", default=DEBUG)
# In tests and while debugging, starting a wait on the network while keeping a database connection is an error.
REFUSE_HELD_CONNECTIONS = DEBUG

# -- Language, time, logs -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

LOG_FORMAT = environment.text("LOG_FORMAT", "console" if DEBUG else "json")
LOG_LEVEL = environment.text("LOG_LEVEL", "INFO")
LOGGING_CONFIG = "saas.ops.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}
