# ruff: noqa: E501  a rule is a line
"""The table of products: what each is called, who publishes it, and by which names packages and installers know it.

Sources: the names of packages in Debian, Ubuntu, Fedora, RHEL, SUSE and Alpine, of snaps and of Flathub, and what
installers write on Windows and macOS; the publishers' own pages. A name is compared as a whole, in lower case, after
its version, architecture and language are gone.
"""

from datetime import date

CHECKED = date(2026, 11, 26)
"""When the table was last gone through; it is a part of the release, nothing is fetched."""

PRODUCTS = r"""
Mozilla Firefox; Mozilla; firefox(-esr)?(-(l10n|locale)-.*|-wayland|-x11)?|mozillafirefox(-.*)?|mozilla firefox( esr)?|org\.mozilla\.firefox|firefox[- ]developer[- ]edition
Mozilla Thunderbird; Mozilla; thunderbird(-(l10n|locale)-.*|-gnome-support)?|mozillathunderbird(-.*)?|mozilla thunderbird( esr)?|org\.mozilla\.thunderbird
Mozilla Maintenance Service; Mozilla; mozilla maintenance service
Google Chrome; Google; google-chrome(-(stable|beta|unstable))?|google chrome|com\.google\.chrome
Chromium; The Chromium Project; chromium(-(browser|common|sandbox|driver|l10n|headless|browser-l10n|codecs-ffmpeg.*))?|org\.chromium\.chromium
Microsoft Edge; Microsoft; microsoft-edge(-(stable|beta|dev))?|microsoft edge|com\.microsoft\.edge
Microsoft Edge WebView2; Microsoft; microsoft edge webview2 runtime
Microsoft Office; Microsoft; microsoft office( (professional|standard|home|enterprise|business|personal|university|student|small business|ltsc|and|plus|pro)\b)*|microsoft office|office( ltsc)?( (professional|standard))?( plus)?
Microsoft 365 Apps; Microsoft; microsoft 365( apps)?( for (enterprise|business))?|microsoft 365|office 365( proplus)?|microsoft office 365( proplus)?
Microsoft Teams; Microsoft; (microsoft )?teams|teams machine-wide installer|microsoft teams (classic|\(work or school\)|meeting add-in.*)|teams-for-linux|com\.microsoft\.teams2?
Microsoft OneDrive; Microsoft; (microsoft )?onedrive
Microsoft Visio; Microsoft; microsoft (office )?visio( (professional|standard))?
Microsoft Project; Microsoft; microsoft (office )?project( (professional|standard))?
Microsoft SQL Server; Microsoft; microsoft sql server( (standard|enterprise|express|developer|web|business intelligence)( edition)?)?|mssql-server(-.*)?|sql server( express edition)?( database engine services)?|microsoft sql server setup( \(.*\))?
SQL Server Management Studio; Microsoft; (microsoft )?sql server management studio
Microsoft ODBC Driver for SQL Server; Microsoft; microsoft odbc driver (\d+ )?for sql server|msodbcsql\d*
Microsoft Visual C++ Redistributable; Microsoft; microsoft visual c\+\+ .*(redistributable|runtime).*
Microsoft .NET Framework; Microsoft; microsoft \.net framework.*
Microsoft .NET; Microsoft; microsoft (\.net|asp\.net|windows desktop)( core)? .*(runtime|sdk|host|hostfxr|shared framework).*|(dotnet|aspnetcore|netstandard)-.*|dotnet\d*
PowerShell; Microsoft; powershell|powershell-lts|microsoft powershell
Visual Studio Code; Microsoft; code|visual studio code|microsoft visual studio code( \(user\))?|com\.visualstudio\.code
Visual Studio; Microsoft; (microsoft )?visual studio( (community|professional|enterprise|build tools|installer))?
VSCodium; VSCodium; codium|vscodium|com\.vscodium\.codium
Skype; Microsoft; skype(forlinux)?|skype (version)?|microsoft skype.*|skype for business.*
Windows Defender; Microsoft; (microsoft|windows) defender( .*)?|mdatp
Adobe Acrobat Reader; Adobe; adobe (acrobat )?reader( dc)?( mui)?|adobe acrobat reader( dc)?( mui)?|acroread
Adobe Acrobat; Adobe; adobe acrobat( dc| pro| standard)*( \(.*\))?
Adobe Creative Cloud; Adobe; adobe creative cloud
Adobe Flash Player; Adobe; adobe flash player.*|flashplugin.*|flash-player-.*
Adobe Photoshop; Adobe; adobe photoshop.*
Adobe InDesign; Adobe; adobe indesign.*
Adobe AIR; Adobe; adobe air
Foxit PDF Reader; Foxit; foxit (pdf )?reader
PDFCreator; Avanquest pdfforge; pdfcreator
7-Zip; Igor Pavlov; 7-zip|7zip|p7zip(-full|-rar|-plugins)?
WinRAR; win.rar; winrar
Notepad++; Notepad++ Team; notepad\+\+
VLC; VideoLAN; vlc( media player)?|vlc-(bin|data|nox|plugin-.*|l10n)|libvlc(core)?\d*(-bin)?|org\.videolan\.vlc
GIMP; The GIMP Team; gimp(-data.*|-common)?|org\.gimp\.gimp|libgimp.*
Inkscape; Inkscape Project; inkscape(-.*)?|org\.inkscape\.inkscape
LibreOffice; The Document Foundation; libreoffice(-.*|\d.*| .*)?|org\.libreoffice\.libreoffice|libobasis.*
Apache OpenOffice; Apache Software Foundation; (apache )?openoffice(\.org)?.*
OBS Studio; OBS Project; obs-studio|obs studio|com\.obsproject\.studio
Kdenlive; KDE; kdenlive|org\.kde\.kdenlive
Gaphor; Gaphor; gaphor|org\.gaphor\.gaphor
Audacity; Audacity; audacity(-data)?|org\.audacityteam\.audacity
Git; Git; git(-(man|core|all|gui|svn|email|doc))?|git for windows
PuTTY; Simon Tatham; putty(-tools)?|putty release
WinSCP; Martin Přikryl; winscp
FileZilla; FileZilla; filezilla( client)?(-common)?
KeePass; KeePass; keepass( password safe)?|keepass2
KeePassXC; KeePassXC; keepassxc|org\.keepassxc\.keepassxc
TeamViewer; TeamViewer; teamviewer( host)?
AnyDesk; AnyDesk; anydesk
Zoom; Zoom; zoom( workplace| meetings| client)?( \(.*\))?|us\.zoom\.zoom|zoom-client
Cisco Webex; Cisco; (cisco )?webex( meetings| teams)?
Cisco AnyConnect; Cisco; cisco (anyconnect|secure client).*
FortiClient; Fortinet; forticlient( vpn)?
GlobalProtect; Palo Alto Networks; globalprotect
Citrix Workspace; Citrix; citrix (workspace|receiver).*|icaclient
Citrix Virtual Apps and Desktops; Citrix; citrix virtual apps and desktops.*|citrix .*virtual delivery agent.*
Omnissa Horizon Client; Omnissa; (vmware|omnissa) horizon client
VMware Tools; VMware; vmware tools|open-vm-tools(-desktop)?
VirtualBox; Oracle; (oracle vm )?virtualbox(-.*)?|oracle (vm )?virtualbox( guest additions)?
Oracle Database; Oracle; oracle database.*|oracle-database-.*
Java; Oracle; java( \d+ update \d+|\(tm\).*| se .*| auto updater| \d+)?|jdk-?\d.*|jre-?\d.*|oracle-java.*|java se development kit.*
OpenJDK; OpenJDK; openjdk.*|java-[\d.]+-openjdk.*|(eclipse )?temurin.*|eclipse temurin .*|adoptopenjdk.*|microsoft build of openjdk.*|amazon corretto.*|java-[\d.]+-amazon-corretto.*
Python; Python Software Foundation; python[23]?(\.\d+)?(-(minimal|dev|devel|venv|distutils|lib2to3|libs|tk|tkinter|stdlib|full|doc|examples|idle|unversioned-command))?|libpython[23](\.\d+)?(-.*)?|python[23](\d+)?|python( (core interpreter|executables|standard library|development libraries|documentation|pip bootstrap|tcl/tk support|utility scripts|test suite|launcher|add to path))?
Perl; Perl; perl(-(base|modules(-.*)?|libs|interpreter|doc))?|libperl[\d.]+(t64)?
Strawberry Perl; Strawberry Perl; strawberry perl
PHP; The PHP Group; php[\d.]*(-(common|cli|fpm|cgi|fpm-fcgi))?|libapache2-mod-php[\d.]*
Ruby; Ruby; ruby[\d.]*(-.*)?|libruby[\d.]*(t64)?
Node.js; OpenJS Foundation; nodejs(-.*)?|node\.js|node|libnode\d+
Go; Google; golang(-[\d.]+)?(-(go|src|doc|bin))?|go programming language.*
OpenSSL; OpenSSL; openssl(-(libs|devel|perl|provider-.*))?|lib(ssl|crypto)[\d._]*(t64)?(-dev)?|libopenssl[\d_]*|openssl( light)?
OpenSSH; OpenBSD; openssh(-(server|client|clients|sftp-server|common|askpass|portable|keygen|keysign))*|win32-openssh
GnuTLS; GnuTLS; gnutls(-.*)?|libgnutls[\w-]*
curl; curl; curl|libcurl[\d]*(t64)?(-.*)?|libcurl-minimal
wget; GNU; wget[2]?
glibc; GNU; libc6(-.*)?|libc-bin|libc-l10n|libc-dev-bin|glibc(-.*)?
bash; GNU; bash(-(completion|doc))?
sudo; sudo; sudo(-ldap)?
systemd; systemd; systemd(-.*)?|libsystemd.*|udev|libudev\d*
Linux kernel; Linux; linux-(image|modules|headers|kbuild|libc-dev|compiler|base|generic|server|virtual|lts).*|kernel(-(core|modules.*|devel|headers|tools.*|default.*|uek.*))?|linux(-(lts|virt|zen|hardened))?
xz; Tukaani; xz(-(utils|libs))?|liblzma5?
zlib; zlib; zlib(1g)?(-.*)?|libz1
Log4j; Apache Software Foundation; (liblog4j|apache-log4j|log4j)[\w.-]*
Apache HTTP Server; Apache Software Foundation; apache2([.\d]*-.*)?|httpd(-.*)?|apache http server|libapache2-mod-(?!php).*
Apache Tomcat; Apache Software Foundation; tomcat[\d.]*(-.*)?|apache tomcat.*|libtomcat.*
nginx; nginx; nginx(-.*)?|libnginx-mod-.*
HAProxy; HAProxy; haproxy.*
Internet Information Services; Microsoft; iis.*(express|url rewrite|application request routing).*
Squid; Squid; squid\d?(-.*)?
PostgreSQL; PostgreSQL; postgresql(-?[\d.]+)?(-(server|client|client-common|common|contrib|libs|private-libs|jit))?|postgresql\d+(-(server|contrib|libs))?|libpq\d*
MySQL; Oracle; (default-)?mysql(-(server|client|common|community-.*))+(-core)?(-[\d.]+)?|mysql[\d]*(-server)?|mysql server|mysql workbench.*|mysql installer.*|libmysqlclient.*
MariaDB; MariaDB; mariadb(-(server|client|common|backup|connector.*|errmsg|gssapi-server|server-utils|plugin-.*))*(-core)?(-[\d.]+)?|mariadb( server)?|libmariadb.*
MongoDB; MongoDB; mongodb(-.*)?|mongo-tools.*|mongodb .*
Redis; Redis; redis(-(server|tools|sentinel))?
SQLite; SQLite; sqlite3?|libsqlite3-0|sqlite-libs
Elasticsearch; Elastic; elasticsearch.*
Kibana; Elastic; kibana
Elastic Agent; Elastic; elastic-agent|elastic agent|(file|metric|winlog|packet)beat
Docker; Docker; docker(-(ce|ee|engine|desktop))?(-cli|-rootless-extras)?|docker\.io|docker desktop|docker-(buildx|compose)-plugin
Podman; Red Hat; podman(-.*)?
containerd; CNCF; containerd(\.io)?
Kubernetes; CNCF; kube(let|ctl|adm)|microk8s|k3s.*
QEMU; QEMU; qemu(-.*)?
libvirt; libvirt; libvirt(-.*|\d+)?
Proxmox VE; Proxmox; proxmox-ve|pve-(manager|kernel.*|cluster|container|firmware)
Samba; Samba; samba(-(common|common-bin|libs|vfs-modules|dsdb-modules|client.*|winbind.*|dc.*|ad-.*|common-.*|tools|core-libs))?|smbclient|libsmbclient\d*|libwbclient\d*|winbind|python3-samba
SSSD; SSSD; sssd(-.*)?
FreeIPA; FreeIPA; (free)?ipa-(server|client)(-.*)?
OpenLDAP; OpenLDAP; slapd|openldap(-.*)?|ldap-utils|libldap[\w.-]*
BIND; ISC; bind(9)?(-(utils|host|dnsutils|libs|chroot|doc|license))?|bind9-.*|dnsutils
Postfix; Postfix; postfix(-.*)?
Exim; Exim; exim4?(-.*)?
Dovecot; Dovecot; dovecot(-.*)?
CUPS; OpenPrinting; cups(-.*)?|libcups.*
PaperCut; PaperCut; papercut.*
Veeam Backup & Replication; Veeam; veeam backup (& |and )?replication( server| console)?
Veeam Agent; Veeam; veeam( agent.*)?|veeamsnap|blksnap
Commvault; Commvault; commvault.*|gxfs.*
Bacula; Bacula; bacula(-.*)?
Bareos; Bareos; bareos(-.*)?
IBM Spectrum Protect; IBM; (ibm )?(tivoli storage manager|spectrum protect|storage protect).*|tivsm-.*
Zabbix; Zabbix; zabbix(-.*|[\d]*-.*| agent.*)?
Prometheus; Prometheus; prometheus(-.*)?
Grafana; Grafana Labs; grafana(-enterprise)?
Telegraf; InfluxData; telegraf
Checkmk Agent; Checkmk; check[-_]mk[-_]agent|checkmk-agent|check mk agent|checkmk agent
GLPI Agent; GLPI; glpi[- ]agent.*
FusionInventory Agent; FusionInventory; fusioninventory[- ]agent.*
Ansible; Red Hat; ansible(-core)?
Puppet Agent; Perforce; puppet(-agent)?
Microsoft Configuration Manager Client; Microsoft; configuration manager client
Trellix Endpoint Security; Trellix; (mcafee|trellix) .*
CrowdStrike Falcon; CrowdStrike; falcon-sensor|crowdstrike (windows sensor|falcon).*
SentinelOne; SentinelOne; sentinel ?(agent|one).*
ClamAV; Cisco; clamav(-.*)?|libclamav\d*
Sophos Endpoint; Sophos; sophos (endpoint|anti-virus|home).*
ESET; ESET; eset .*
AutoCAD; Autodesk; (autodesk )?autocad( lt| architecture| map 3d| civil 3d)?.*
Autodesk Revit; Autodesk; (autodesk )?revit.*
ArcGIS; Esri; arcgis.*
QGIS; QGIS; qgis(-.*| .*)?
Slack; Slack; slack(-desktop)?|com\.slack\.slack
Spotify; Spotify; spotify(-client)?|com\.spotify\.client
WordPress; WordPress; wordpress(-.*)?
Nextcloud; Nextcloud; nextcloud(-.*| .*)?
GNOME Platform; GNOME; gnome application platform|org\.gnome\.(platform|sdk)(\..*)?|gnome platform translations
Freedesktop Platform; freedesktop.org; freedesktop (sdk|platform)|org\.freedesktop\.(platform|sdk)(\..*)?|freedesktop development platform translations
"""

PUBLISHERS = """
Adobe: Adobe Systems, Adobe Systems Software Ireland, Adobe Software
Apple: Apple Computer
Autodesk
Canonical: Canonical Group
Citrix: Citrix Systems
CrowdStrike: CrowdStrike Holdings
Elastic: Elasticsearch, Elasticsearch B.V
Fortinet: Fortinet Technologies
Foxit: Foxit Software, Foxit Corporation
Git: The Git Development Community
Google: Google Ireland
Igor Pavlov
Mozilla: Mozilla Foundation
Microsoft: Microsoft Corporations, Корпорация Майкрософт, Microsoft Studios, Microsoft Platform Extensions
Notepad++ Team: Notepad++
Oracle: Oracle and/or its affiliates, Oracle America, Sun Microsystems
OpenSSL: OpenSSL Win64 Installer Team, OpenSSL Software Foundation
PaperCut: PaperCut Software International
PostgreSQL: PostgreSQL Global Development Group
Simon Tatham
Slack: Slack Technologies
Strawberry Perl: strawberryperl.com project
TeamViewer: TeamViewer Germany
The Document Foundation: Document Foundation
Trellix: McAfee, Musarubra US, FireEye
Unit4: Unit 4, Unit4 Agresso, Agresso
VideoLAN: VideoLAN Team
Visma: Visma Software, Visma Enterprise, Visma Spcs
Zoom: Zoom Video Communications, Zoom Communications
"""
