"""The devices that are known: by the number that their maker has, by words, and what else their description says.

A new one is a line. NUMBERS: number below 1.3.6.1.4.1; maker; system; class; words that must stand in the description.
WORDS: words; maker; system; class, for agents that have no number of their maker. DETAILS: systems; an expression that
takes model and release out of their description; of several, the first that fits.

A maker is named as naming/makers.py names it. No words are the name of a customer's machine, which a description of
Linux holds too; names that a maker gives its boxes in the factory are good.
"""

NUMBERS = r"""
1.3.6.1.2.1.33; Generex; generex-ups; ups;
2; IBM; aix; server; \bAIX\b|PowerPC CHRP
2; IBM; aix; server;
2.3.51; IBM; ibm-imm; management;
2.6; IBM; dpi; ups;
2.6.11; IBM; ibm-i; server;
9; Cisco; catos; switch; Catalyst Operating System
9; Cisco; iosxr; router; IOS[ -]XR
9; Cisco; sanos; switch; SAN-OS
9; Cisco; ucos; conference; \bucs, Software
9; Cisco; nxos; switch; NX-OS|nxos
9; Cisco; iosxe; switch; Catalyst L3 Switch|CAT\dK|IE-?3[23]00
9; Cisco; iosxe; router; IOS[ -]?XE|LINUX_IOSD|Cisco IOS Software \[|IOSXE
9; Cisco; ftd; firewall; fire ?power threat
9; Cisco; asa; firewall; Adaptive Security
9; Cisco; pixos; firewall; PIX
9; Cisco; ise; server; Identity Services
9; Cisco; acs; server; Secure Access Control
9; Cisco; cimc; management; Integrated Management Controller
9; Cisco; ciscowlc; wireless controller; Cisco Controller|Wireless LAN Controller|Business Wireless
9; Cisco; ciscowap; access point; WAP\d|MESH POINT|IW91\d\d|Aironet
9; Cisco; ciscospa; phone; \bSPA\d{3}
9; Cisco; ciscosrp; router; \bSRP\d
9; Cisco; ciscosce; router; Service Control
9; Cisco; ciscome1200; switch; ME1200
9; Cisco; waas; appliance; Wide Area Application
9; Cisco; ucos; conference; ^(?:Linux|Hardware)
9; Cisco; ios; switch; (?:C\d{4}\w*|CBS\d+|ME\d+\w*|IE\d+) Software|IOS.*Switch
9; Cisco; ios; router; IOS
9; Cisco; ciscosb; router; \bRV\d{3}
9; Cisco; ciscosb; switch; Catalyst 1[23]00|^\d+-port|Stackable Managed|Smart Switch
9; Cisco; ios; switch;
9.1; Cisco; ios; switch;
9.5; Cisco; catos; switch;
9.6.1; Cisco; ciscosb; switch;
9.6.1.23; Cisco; ciscospa; phone;
9.6.1.32; Cisco; ciscowap; access point;
9.6.1.37; Cisco; ciscowlc; wireless controller;
9.12.3; Cisco; nxos; switch;
11; HP; procurve; switch;
11.1; HP; jetdirect; printer;
11.2.3.9; HP; jetdirect; printer;
11.2.51; HP; hpe-msa; storage;
11.5.7.1; HP; hpblmos; appliance;
11.5.7.5; HP; hpvc; switch;
11.10.2; HP; hpe-msl; storage;
42; Oracle; oracle-ilom; appliance;
42.2.1; Sun; solaris; server;
43; 3Com; 3com; switch;
45; Extreme Networks; boss; switch;
89; Radware; apsoluteos; switch;
89.1.1.1; NETGEAR; netgear; switch;
99; Cisco; ucos; conference;
119; NEC; univerge; appliance;
161; Cambium; cmm; access point; ^CMM
161; Cambium; pmp; access point;
171; D-Link; dlink-dgs1250; switch; DGS-1250
171; D-Link; dlink; switch;
171.10.37; D-Link; dlinkap; access point;
177; Ribbon; sonus-sbc; appliance;
193; Ericsson; ericsson-tn; access point; Traffic Node
193; Ericsson; ericsson-6600; access point;
207; Allied Telesis; allied; switch;
207.1.4.253; Allied Telesis; awplus; switch;
207.1.13; Allied Telesis; allied-tq; access point;
207.1.14; Allied Telesis; awplus; switch;
207.1.14.57; Allied Telesis; allied; switch;
211; Fujitsu; fujitsupyos; switch;
232; HPE; hpe-ilo; management;
232.165; HPE; hpe-mapdu; pdu;
232.165.3; HP; hpe-rtups; ups;
236; Samsung; samsungprinter; printer;
253; Xerox; xerox; printer;
259; Edgecore; edgecos; switch;
259.6; IgniteNet; fusion; switch;
272; Bintec; bintec-beip-plus; router;
272.4.201.83; Bintec; bintec-smart; router;
297; Xerox; xerox; printer;
297.1.11.93.2; Fujifilm; fujifilmprinter; printer;
311; Microsoft; windows; server;
318; APC; apc; pdu; \bAP[78][89]\d\d|rack ?pdu|_rpdu
318; APC; apc; ups;
318.1.1.32; APC; apc-cpdu; pdu;
318.1.3.4; APC; apc; pdu;
318.1.3.4.9; APC; apc-epdu; pdu;
318.1.3.8; APC; aos-emu2; sensor; Environmental
367; Gestetner; gestetner; printer; ^Gestetner
367; NRG; nrg; printer; ^NRG
367; Ricoh; ricoh; printer;
368; Axis; axisaudio; appliance; Audio
368; Axis; axiscam; camera;
388; Symbol; symbol; switch;
476; Liebert; liebert; ups;
534; Eaton; eatonpdu; pdu;
534.1; Eaton; eatonups; ups; ConnectUPS
534.1; Eaton; eatonupsm2; ups;
534.2; Eaton; eatonups; ups;
562; Ciena; ciena-saos; switch;
572; Ericsson-LG; elg-ipecs-es; router;
629; ADVA; adva_xg300; switch;
637; Nokia; wavence; access point;
637.64; Alcatel-Lucent Enterprise; omnipcx; appliance;
641; Lexmark; lexmarkprinter; printer;
641.2; Toshiba; toshiba-tec; printer;
674; Dell; dell-powervault; storage; ^DELL (?:EMC ME|MD)
674; Dell; powerconnect; switch;
674.10892.2; Dell; drac; management;
674.10892.5; Dell; drac; management;
674.10892.6; Dell; dell-ome-m; appliance;
674.10893.2; Dell; dell-powervault; storage;
674.10893.2.102; Dell; powervault; storage;
674.10895; Dell; arubaos; wireless controller; ArubaOS
674.10895; Dell; powerconnect; switch;
674.10898; Dell; dell-laser; printer;
674.10902; Dell; dell-ups; ups;
674.10903; Dell; dell-rpdu; pdu;
674.11000; Dell; dell-os10; switch;
705; Eaton; eaton-ats; pdu; \bATS\b
705; APC; apc-mgeups; ups; ^GALAXY
705; Eaton; eaton-mgeups; ups;
705.1.2; Eaton; eaton-mgeups; ups;
738; Telco Systems; binos; switch;
738.10; Telco Systems; binox; switch;
789; NetApp; netapp; storage;
818; Imco Power; imcopower-big; ups;
850; Tripp Lite; poweralert; ups;
850.1.5; Tripp Lite; trippliteconsole; appliance;
868; Transition Networks; transition; switch;
890; ZyXEL; zywall; firewall; ZyWALL|\bUSG\d|VPN\d|ATP\d
890; ZyXEL; zyxelnwa; access point; \bNWA
890; ZyXEL; zyxelwlc; wireless controller; \bNXC
890; ZyXEL; zyxelac; router; 11ac
890; ZyXEL; zynos; switch;
890.1.5.11; ZyXEL; ies; router;
890.1.5.13; ZyXEL; ies52xxM; router;
890.1.5.13.10; ZyXEL; ies5000; router;
901; ITWatchDogs; wxgoos; sensor;
935; MegaTec; logmaster; ups; LogWeb
935; MegaTec; netagent2; ups;
935.10; PowerWalker; powerwalker; ups;
994; Dantel; webmon; sensor;
1027; Mitel; msl; server;
1038; Sagem; ionos; switch;
1129; Toshiba; toshiba-tec; printer;
1166; Arris; arris-apex; router;
1166.1.621; Arris; arris-dsr4410md; router;
1229; SEH; seh-uds; appliance;
1248; Epson; epson-projector; conference;
1248.1; Epson; epson-scanner; printer;
1248.1.1.2.1.3.5; Epson; epson; printer;
1271; Ciena; ciena-rls; switch;
1271.1.2.22; Ciena; ciena-saos; switch;
1286;; neptune; switch;
1347; HP; jetdirect; printer; ETHERNET MULTI
1347; UTAX; utax; printer; UTAX
1347; Kyocera; kyocera; printer;
1369; Forcepoint; forcepoint; firewall;
1429; Cisco; ciscoepc; switch;
1429.2; Cisco; ciscosat; switch;
1588; Brocade; fabos; switch;
1588.2.2; Brocade; nos; switch;
1588.3; Brocade; nos; switch;
1602; Canon; canonprinter; printer;
1714; Infortrend; infortrend; storage;
1718; ServerTech; sentry3; pdu;
1718.4; ServerTech; sentry4; pdu;
1723; Lantronix; lantronix-uds; switch;
1732; Open Access; netspire; appliance;
1768; Patton; patton-sn; switch;
1872; Radware; alteonos; switch;
1872.1.18; Lenovo; bnt; switch;
1916; Extreme Networks; xos; switch;
1916.2.18; Extreme Networks; extremeware; switch;
1916.2.473; Extreme Networks; voss; switch;
1918; Eaton; eaton-sc300; ups;
1966; Perle; perle; switch;
1991; Brocade; ironware; switch;
1991.1.3.52; Foundry; foundryos; switch;
2007; Teldat; teldat; switch;
2011; Huawei; vrp; router; Huawei (?:AR|NE)\d
2011; Huawei; yunshan; switch; YunShan
2011; Huawei; smartax-mdu; router; Integrated Access
2011; Huawei; vrp; switch;
2011.2.91; Huawei; oceanstor; storage;
2011.6; Huawei; huawei-smu; pdu;
2021; Vertiv; vertiv-dcs; pdu; am335xpsp
2021; PBI; ird; switch;
2021.1; Marathon; marathonups; ups;
2254; Delta; deltaups; ups;
2272; Extreme Networks; voss; switch;
2352; Redback; seos; switch;
2356; Lancom; lcos; access point;
2356.13; Lancom; lcoslx; access point;
2385; Sharp; sharp; printer;
2435; Brother; brother; printer;
2440; EfficientIP; solidserver; server;
2468;; webpower-smart2; ups;
2509; Aviat; aviat-wtm; access point;
2544; ADVA; adva_fsp150; switch;
2544.1.14; Adtran; adva-alm; switch;
2544.1.20; ADVA; adva-aos; switch;
2566; Rohde; rs; switch;
2604; Sophos; sophos-xg; appliance;
2606; Rittal; rittal-cmc-iii-pu; sensor;
2606.4; Rittal; rittal-cmc; sensor;
2606.7; Rittal; rittal-lcp; sensor; \bLCP\b
2606.7; Rittal; rittal-cmc-iii-pu; sensor;
2620; Check Point; gaia; firewall;
2634; WTI; wti-console; appliance;
2634.6; WTI; wti-power; pdu;
2636; Juniper; junos; switch; switch|\b[eq]fx|\bex\d
2636; Juniper; junos; firewall; \bsrx
2636; Juniper; junos; router;
2684; Polycom; polycomLens; conference;
2736; Etherwan; etherwan; switch;
2863; Technicolor; tgos; switch;
2863.205; Thomson; thomson-cm; router;
2879; Ribbon; sonus-sbc; appliance;
2879.1.1; Ribbon; sonus-gsx; appliance;
3052; Asentria; siteboss360; server;
3052.10; Asentria; siteboss550; server;
3052.20; Asentria; siteboss572; ups;
3073; Tandberg; magnum; storage;
3097; Watchguard; fireware; firewall;
3181; Microsens; microsens-g6; switch;
3224; Juniper; screenos; firewall;
3278; Paradyne; paradyne; switch;
3320; BDCOM; bdcom; switch;
3323; MNI; mni; access point;
3373; SIAE; sm-os; access point;
3382; Venturi; venturi; server;
3417; Blue Coat; sgos; switch;
3570; Tait; tait-infra93; switch;
3570.3; Tait; tait-tnadmin; switch;
3652; PanDacom; pandacom; switch;
3699; NTI; nti; sensor;
3709; Datacom; datacom-dmos; switch;
3715; Teleste; luminato; switch;
3764; Quantum; quantum; server;
3807; FiberHome; fiberhome-switch; switch;
3808; PowerWalker; powerwalker-vfi; ups; Power Management Card
3808; CyberPower; cyberpower; ups;
3833; Schneider Electric; powerlogic; ups;
3845; Citrix; netscaler-sdwan; appliance;
3854; AKCP; akcp; sensor;
3902; ZTE; zxa10; switch;
3902.3; ZTE; zxr10; switch;
3902.1004; ZTE; zxdsl; router;
3955; Cisco; ciscosb; switch;
3955.1000; Linksys; linksys-ss; switch;
4115; Arris; arris-c3; router;
4115.1.8; Arris; arris-d5; router;
4115.822; Arris; arris-cm; router;
4130; GE; gemds; switch;
4329; Extreme Networks; ewc; wireless controller;
4329.6; Siemens; scalance; switch;
4413; Aerohive; hiveos-network; switch; Aerohive
4413; Quanta; quanta; switch; LB4M|Quanta|FASTPATH
4413; Ubiquiti; edgeswitch; switch;
4413.1; Quanta; quanta; switch;
4458; RADWIN; radwin; access point;
4467; FibroLAN; fibrolan-falcon; switch;
4515; Packetlight; packetlight; switch;
4515.100.1.1000.5; SmartOptics; smartos-t; switch;
4526; NETGEAR; netgear; switch;
4555; Socomec; socomec-ups; ups;
4555.2; Socomec; socomec; ups;
4756; CTC; ctcu; switch;
4874; Juniper; junose; router;
4881; Ruijie; ruijie; switch;
5003; Audiocodes; audiocodes; switch;
5040; Wiesemann & Theis; wut; sensor;
5491; Riello; netmanplus; ups;
5528; NetBotz; netbotz; sensor;
5551; ADVA; adva-osa; clock;
5596; Cisco; tpconductor; conference;
5596.130; Cisco; vcs; conference;
5596.150; Cisco; vccodec; conference;
5597; Meinberg; mbg-ltos6; clock;
5624; Enterasys; enterasys; switch;
5651; Maipu; mypoweros; switch;
5833; Tailyn; tailyn; switch;
5875; FiberHome; fiberhome; switch;
5951; Citrix; netscaler; load balancer;
6027; Dell; dnos; switch;
6027.1.2.1; Dell; ftos; switch;
6050; Gamatronic; gamatronicups; ups;
6066; Calix; occamos; switch;
6141; Ciena; ciena-sds; switch;
6296; Dasan; dasan-nos; router;
6302; Emerson; ees; pdu;
6321; Calix; exa; switch;
6321.1.2.3; Calix; calix; switch;
6321.1.2.4; Calix; axos; switch;
6339; Digital China Networks; dcn-software; switch;
6368; Pegasus; pegasus; switch;
6486; Alcatel-Lucent Enterprise; aos6; switch;
6486.800.1.1.2.2; Alcatel-Lucent Enterprise; aos; switch;
6486.800.1.1.2.2.2; Aruba; arubaos; wireless controller;
6527; Nokia; timos; router;
6527.1.20; Nokia; srlinux; switch;
6666; Innovaphone; innovaphone; sensor;
6876; VMware; vmware-esxi; hypervisor;
7244; Quanta; quanta; switch;
7262; Dragonwave; harmony-enhanced; access point;
7262.2; Dragonwave; horizon-compact; access point;
7262.2.3; Dragonwave; horizon-duo; access point;
7262.2.4; Dragonwave; horizon-quantum; access point;
7309; Alpha; cxc; ups;
7309.6; Alpha; fxm; ups;
7312; Barco; clickshare; conference;
7342; Omnitron; omnitron-iconverter; management;
7367; DrayTek; draytek; router;
7428; Microsemi; microsemipdsine; switch;
7465; WISI; wisi-tangram; switch;
7483; Nokia; nokia-1830; switch;
7564; Array Networks; arrayos; load balancer;
7571; SAF; saf; access point;
7571.100.1.1.7; SAF; saf-integra-b; access point;
7571.100.1.1.7.2; SAF; saf-integra-w; access point;
7571.100.1.1.7.9; SAF; saf-integra-e; access point;
7779; Infoblox; nios; appliance;
7800; Ubiquoss; ubiquoss-pon; switch;
8000; UHP; uhp; access point;
8072; Linux; linux; server;
8072.3.2.3; Oracle; solaris; server;
8072.3.2.7; NetBSD; netbsd; server;
8072.3.2.8; FreeBSD; freebsd; server;
8072.3.2.12; OpenBSD; openbsd; server;
8072.3.2.13; Microsoft; windows; server;
8072.3.2.14; HP; hpux; server;
8072.3.2.15; IBM; aix; server;
8072.3.2.255; Apple; macosx; server;
8239; Juniper; jwos; switch;
8550; Overture; hatteras; switch;
8691; MOXA; moxa-etherdevice; switch;
8691.2; MOXA; moxa-nport; appliance;
8691.15; MOXA; moxa-awk; access point;
8691.600; MOXA; mx-nos; switch;
8741; SonicWALL; sonicwall; firewall;
8744; HP; hpmsm; access point;
8886; Raisecom; raisecom; switch;
9303; Waystream; ibos; switch;
9304; Connection Technology Systems; cts; switch;
9694; Arbor; arbos; switch;
9839; Carel; scs-ks; sensor; cpCO
9839; Rittal; pcoweb-rittalchiller; sensor;
10002; Ubiquiti; edgeswitch; switch; EdgeSwitch
10002; Ubiquiti; airos-af; access point;
10072; GW Delight; gwd; switch;
10297; Advantech; advantech; switch;
10418; Avocent; avocent; management;
10418.18; Vertiv; avocent-mp; appliance;
10456; Planet; planet-pdu; pdu; ^IPM
10456; Planet; planetos; switch;
10520; GE; gepulsar; ups;
10704; Barracuda; barracudangfirewall; firewall;
11256; Stormshield; ns-bsd; firewall;
11606; PBN; pbn; switch;
11606.24; PBN; pbn-cp; switch;
11863; TP-Link; jetstream; switch;
11863.1; TP-Link; tplink; switch;
11898; Proxim; proxim; switch;
12140; Alcoma; alcoma-almp; access point;
12148; Eltek; enexus; pdu;
12196; Kemp; kemp; load balancer;
12276; F5; f5os; switch;
12325; pfSense; pfsense; firewall;
12356; Fortinet; fortigate; firewall;
12356.103; Fortinet; fortios; appliance;
12356.105; Fortinet; fortimail; firewall;
12356.106; Fortinet; fortiswitch; switch;
12356.112; Fortinet; fortiadc; load balancer;
12356.113; Fortinet; fortiauthenticator; firewall;
12356.118; Fortinet; fortisandbox; firewall;
12356.120; Fortinet; fortiap; access point;
12356.121; Fortinet; fortiextender; router;
12394; Alvarion; breeze; access point;
12532; Pulse Secure; pulse; firewall;
12740; Dell; equallogic; storage;
12925; HPE; informos; storage;
13191; OneAccess; oneaccess; router;
13315; Bluecat; bluecatnetworks; appliance;
13400; Vertiv; vertiv-ita2; ups;
13464; Fiberstore; fs-gbn; switch;
13742; Raritan; raritan-pdu; pdu;
13742.3; Raritan; raritan-kvm; appliance;
13742.8; Raritan; raritan-emx; sensor;
13858; Eltek; valere; ups;
14125; EnGenius; engenius; access point;
14179; Cisco; ciscowlc; wireless controller;
14525; Juniper; juniper-mss; appliance;
14752; EUROstor; eurostor; appliance;
14817; Aprisa; aprisa; access point;
14823; Aruba; arubaos; wireless controller;
14823.1.2; Aruba; aruba-instant; access point;
14823.1.6; Aruba; clearpass; appliance;
14851; IBM; ibmtl; storage;
14941; Exagrid; exagridos; storage;
14988; MikroTik; routeros; router;
14988.2; MikroTik; swos; switch;
15004; Siemens; ros; switch;
15397; Procera; procera; switch;
16174; Sensatronics; sensatronics-em1; sensor;
16174.1.1.1; Sensatronics; sensatronics-ittm; sensor;
16177; Westermo; weos; switch;
16972; TP-Link; tplink; switch;
17095; ServersCheck; serverscheck; sensor; Temperature & Sensor Gateway
17095; Controlbox; controlbox; sensor;
17163; Riverbed; riverbed; switch;
17373; ITWatchDogs; wxgoos; sensor;
17409; C-Data; cdata; switch;
17409.1;; edfa; switch;
17409.1.11; Glass Way; gw-eydfa; switch;
17713; Cambium; cnmatrix; switch;
17713.6; Cambium; ptp600; access point;
17713.7; Cambium; ptp650; access point;
17713.8; Cambium; ptp800; access point;
17713.250; Cambium; ptp250; access point;
18086; ProTelevision; protelevision-t1; switch;
18334; Develop; developprinter; printer;
18334.1.1; Konica Minolta; konica; printer;
18418; Endace; osm; appliance;
18642; C&C Power; commander-plus; ups;
18837; Orolia; orolia-securesync; clock;
18928; Areca; areca; appliance;
19011; Jacarta; interseptor; sensor;
19046; Lenovo; cnos; switch;
19046.11; Lenovo; xclarity; appliance;
19536; Panduit; panduit; ups;
19746; EMC; datadomain; storage;
20301; IBM; ibmnos; switch;
20540; Red Lion; sixnet; switch;
20884; BDT; bdt-flexstor; storage;
20916; Avtech; avtech; sensor;
20992; CradlePoint; wipipe; switch;
21067; Cyberoam; cyberoam-utm; appliance;
21091; Exinda; exinda; appliance;
21150;; dxmos; switch;
21222; PROFline; profline-sfd; appliance;
21239; Vertiv; vertiv-pdu; pdu;
21239.2; Geist; geist-watchdog; sensor; ^RSMICRO
21239.2; Geist; geist-pdu; pdu;
21239.5; Geist; geist-watchdog; sensor;
21296; Infinera; iqnos; switch;
21317; Aten; atenpdu; pdu;
21362; Ifotec; ifotec; switch;
21695; E3METER; e3meter; ups;
21695.1401; E3METER; e3meterdc; ups;
21796; HWgroup; hwg-wld; sensor; WLD
21796; HWgroup; hwg-wld; sensor;
21796.3; HWgroup; hwg-poseidon; sensor;
21796.4.1; HWgroup; hwg-ste; sensor;
21796.4.9; HWgroup; hwg-ste2; sensor;
21796.5; HWgroup; hwg-perseus; sensor;
21839; ALAXALA; alaxala; switch;
22420; Accedian; aen; switch;
22610; A10; acos; switch;
22626; Comet; websensor; sensor;
23128; McAfee; nitro; appliance;
23180; TRedess; televes-fs; appliance;
23695; Peplink; fusionhub; appliance;
23867; Silver Peak; vxoa; switch;
24575; Tranzeo; tranzeo; switch;
24686; Teltonika; witchos; switch;
24693; Firebrick; firebrick; switch;
25049; Opengear; opengear; management;
25053; Ruckus; ruckuswireless-sz; wireless controller;
25461; Palo Alto Networks; panos; firewall;
25506; HPE; comware; switch;
25597; FireEye; feos; appliance;
25651; Exalt; extendair; access point;
25766; Christie; christie-projector; conference;
26381; Hytera; hytera; access point;
26543; IBM; ibmnos; switch;
26854; Alpha; compas; ups;
26866; Gigamon; gigavue; switch;
26928; Aerohive; hiveos-wireless; access point;
27304; DKT; dkt; switch;
27514; QTECH; qtech; switch;
27533; BKE; bke; ups;
27614; Ascom; ascom; switch;
27662; Pepwave; pepwave; switch;
27894; Huber+Suhner; cubo; switch;
27975; Fiberstore; fs-switch; switch;
27993; Vigintos; vigintos; switch;
28194; Exterity; avr-hd; appliance;
28402; Conteg; conteg-pdu; pdu;
28507; Gude; gude-esb; sensor;
28507.43; Gude; gude-epc; pdu;
28507.68; Gude; gude-epc; pdu;
28533; Ciena; cyan; switch;
28557; Hillstone; stoneos; router;
28866; TRENDnet; trendnet; switch;
29671; Cisco; merakimr; access point;
29671.2.111; Cisco; merakimx; firewall;
29865; Icotera; icotera; switch;
30005; BTI; bti800; switch;
30065; Arista; arista_eos; switch;
30140; Advantech; icr-os; switch;
30631; Terra Electronics; terra-receivers; appliance;
30803; VyOS; vyos; router; VyOS
30803; Vyatta; vyatta; router;
30826; SmartOptics; smartos-dcp-m; switch;
30826.1; SmartOptics; smartos; switch;
31034; Schleifenbauer; schleifenbauer; ups;
31218; Ucopia; ucopia; switch;
31440; EDS; eds; appliance;
31496; NetModule; netmodule; switch;
31926; Siklu; siklu-mhtg; access point;
32050; Packetflux; sitemonitor; appliance;
32050.1.4; Packetflux; sitemonitor3; appliance;
32750; LigoWave; ligoos; access point;
33049; Mellanox; mellanox; switch;
33283; Imco Power; imcopower-ls110; ups;
33333; MorningStar; morningstar-pwm; appliance;
33555; Racom; ray; access point;
33688; Packet Power; packetpower-eg; switch;
34278; Janitza; janitza-umg96; ups;
34652; Volius; volius; switch;
35098; Pica8; picos; switch;
35265; Eltex; eltex-mes23xx; switch;
35265.1.43; Eltex; eltex-mes21xx; switch;
35616; Lambdatrail; lambdatrail; switch;
35833; DEVA Broadcast; deva-db7001; appliance;
36673; IP Infusion; ocnos; switch;
36849; Hanwha; ipolis; camera;
37950; V-Solution; vsolution; switch;
38446; Enlogic; enlogic-pdu; pdu;
38516; Allworx; allworx_voip; appliance;
38595; Zmtel; zmtel; switch;
38783; TeraCom; teracom; sensor;
39052; Vutlan; vutlan; sensor;
39145; ICT; ict-pdu; pdu;
39145.11; ICT; ict-psu; pdu;
39145.12; ICT; ict-swi; pdu;
39145.13; ICT; ict-mps; pdu;
39165; Microsemi; microsemitime; clock;
39406; Benu; benuos; switch;
40310; Cumulus; cumulus; switch;
40418; SNR; snr-erd; switch;
40418.7; SNR; snr; switch;
40482; Pure Storage; purestorage; storage;
40614;; istars; ups;
40748; IONODES; ionodes; encoder;
40865; Majorpower; mts-com; ups;
41112; Ubiquiti; edgeswitch; switch; EdgeSwitch|\bUSW\b
41112; Ubiquiti; airos-af60; access point; armv7l
41112; Ubiquiti; unifi; access point;
41112.1; Ubiquiti; edgeos; router;
41112.1.4; Ubiquiti; airos; access point;
41263; Nutanix; nutanix-aos; server;
41916; Viptela; viptela; switch;
42111; Aaron; aaron; appliance;
42359; Versa; vos; firewall;
42397; Grandstream; grandstream-sw; switch;
42610; BladeShelter; ts-bspdu; pdu;
43191; Arista; arista-mos; switch;
43356; Mimosa; mimosa; access point;
44194; EnGenius; engenius-switch; switch;
44641; VyOS; vyos; router;
45621; Tycon; tpdin; appliance;
45621.3; Tycon; tpdin3; ups;
46242; Netonix; netonix; switch;
46330; Vubiq; vubiq; switch;
47196; Aruba; arubaos-cx; switch;
47307; IgniteNet; helios; access point;
49075; Samlex; samlex; ups;
49136; ALGCOM; algcom-dc-ups; ups;
49136.100; ALGCOM; algcom-sm; sensor;
50001; Hikvision; hikvision-nvr; switch;
50536; iXsystems; truenas-scale; storage; SCALE
50536; iXsystems; truenas; storage;
51628; Solid Optics; edfamux; switch;
51966; TSC; tsc; printer;
52642; Fiberstore; fs-bdcom; switch;
52642.1.1; Fiberstore; fs-ruijie; switch;
52642.1.1.10.1.805; Fiberstore; fs-switch-dc; switch;
52642.1.99; Fiberstore; fs-centec; switch;
52642.2; Fiberstore; fs-switch; switch;
52674; NetBotz; apc-netbotz; sensor;
54743; NVT; phybridge-flex; switch;
56166; SmartByte; smartbyte; switch;
57344; Tachyon; tachyon; access point;
62821; WIS; wis-bridge; access point;
1004849; Dahua; dahua-nvr; appliance;
"""

WORDS = r"""
Fabric OS|Brocade; Brocade; fabos; switch
\bCumulus; NVIDIA; cumulus; switch
Edgecore; Edgecore; edgecos; switch
\bPVE\b; Proxmox; proxmox; hypervisor
CoreOS|coreos; CoreOS; coreos; server
SunOS.*(?:OpenIndiana|\boi_); illumos; openindiana; server
SunOS; Oracle; solaris; server
pfSense|PFSENSE; Netgate; pfsense; firewall
HBSD|OPNsense; OPNsense; opnsense; firewall
m0n0wall; m0n0wall; monowall; firewall
[Vv]oswall; Voswall; voswall; firewall
NS-BSD; Stormshield; ns-bsd; firewall
TrueNAS-SCALE; iXsystems; truenas-scale; storage
(?:Free|True)NAS; iXsystems; truenas; storage
Halon; Halon; halon; appliance
Windows; Microsoft; windows; server
BUFFALO|TeraStation; Buffalo; buffalo; storage
Barracuda Load Balancer; Barracuda; barracudaloadbalancer; load balancer
Barracuda (?:Spam|Email); Barracuda; barracudaspamfirewall; firewall
Barracuda Web Application; Barracuda; barracudawafirewall; firewall
ClearPass; Aruba; clearpass; appliance
DrayTek; DrayTek; draytek; router
RUT2\d\d; Teltonika; rutos-2xx; router
RUTM\d; Teltonika; rutos-rutm; router
Teltonika-RUT9\d\d.* 3[.]1; Teltonika; rutos; router
\bRUT\d|Teltonika; Teltonika; rutos-rutx; router
(?:UAP|U6|U7)-|\bUAP; Ubiquiti; unifi; access point
USW-|\bUBNT |UniFi UCG|EdgeSwitch; Ubiquiti; edgeswitch; switch
EdgeOS; Ubiquiti; edgeos; router
Alta Route; Alta Labs; altalabs; router
BaiCPE|BaiCells; Baicells; baicells-od04; access point
beaglebone; BeagleBoard; beagleboard; server
FNGi-ModularOS; First Network Group; dhcpatriot; server
Grandstream; Grandstream; grandstream-ap; access point
\bGXW\d; Grandstream; grandstream-gxw; phone
\bHT8XX; Grandstream; grandstream-ht; phone
\bABB-; ABB; abbups; ups
ES_Controller; Emerson; ees; pdu
ibootpdu; Dataprobe; iboot; pdu
\bGSE200M; Huawei; huawei-smu; pdu
\d-Sonoma\b; EndRun; endrun; clock
am335x-evm; TimeMachines; timemachines; clock
-alb\d|smp-alb; HAProxy; aloha; load balancer
-lb\d SMP|-lb1 #; Loadbalancer.org; loadbalancer; load balancer
smp64 #\d.*SMP.*x86_64|-smp64; Sophos; sophos; firewall
cpx86_64|-al-5.0-pr|\bCP\d{4} 2[.]6; Check Point; gaia; firewall
mlos3|mlos\d; McAfee; mlos-atd; appliance
Phybridge; Phybridge; phybridge-flex; switch
Open-E; Open-E; open-e; storage
Powercode; Powercode; powercode; server
(?:FM (?:Tx|Transmitter)|Ecreso); WorldCast; ecresofm-os; appliance
\bRU-NEM\b; MPB; mpb-srp; switch
TomatoWifi; FreshTomato; freshtomato; router
3[.]10[.]108-d\d|DD-WRT; DD-WRT; dd-wrt; router
unitrends; Unitrends; recoveryos; server
Linux SNMP-System; Orvaldi; orvaldi-ups; ups
USG FLEX|ZyWALL; ZyXEL; zyxelusg; firewall
kylone; Kylone; tbs-kylone; appliance
-stm24|spear3xx; Socomec; netvision-rfc; ups
rmk1 .*armv4l; Carel; pcoweb; sensor
ipstation|zenitel; Zenitel; zenitel-ipstation; phone
mvl30-cllf; WTI; wti-mpc; pdu
quantastor; OSNexus; quantastor; storage
#\d{4,5} (?:SMP )?(?:PREEMPT )?\w{3} \w{3} +\d+ [\d:]+ CST \d{4}; Synology; dsm; storage
Apple AirPort|Base Station V; Apple; airport; access point
AlterPath|Cyclades; Avocent; avocent; management
AXIS.*(?:Camera|camera); Axis; axiscam; camera
AXIS .*Document Server; Axis; axisdocserver; appliance
Blade Network; Lenovo; bnt; switch
^Canon |Canon MF; Canon; canonprinter; printer
Intrusion Prevention; Cisco; cips; firewall
CMM4; Cambium; cmm4; access point
cnPilot; Cambium; cnpilotr; router
Deliberant; Deliberant; deliberant; access point
^Dell .*(?:Laser|version NH); Dell; dell-laser; printer
ESPHome; ESPHome; esphome; appliance
^FreeCooling Controller; Dantherm; dantherm-os; sensor
FluidFS; Dell; fluidfs; storage
FX-OS; Cisco; fxos; firewall
^CS1[24]1|Cs141; Generex; generex-ups; ups
HP PDU; HP; hpe-pdumm; pdu
Keenetic; Keenetic; keeneticos; router
KGS-\d; KTI; kti; switch
EMC SOHO-NAS; Lenovo; lenovoemc; storage
LigoPTP; LigoWave; ligoos; access point
Meraki M[RS]|Meraki CW; Cisco; merakimr; access point
Meraki MX; Cisco; merakimx; firewall
MetaView; Metaswitch; metaview; appliance
8VD-X20; Minkels; minkelsrms; sensor
LambdaDriver; MRV; mrvld; switch
Netopia; Netopia; netopia; router
NetWare; Novell; netware; server
Cisco ONS; Cisco; ons; switch
PacketShaper; Blue Coat; packetshaper; appliance
^(?:SNMP )?TME; Papouch; papouch-tme; sensor
Perle MCR; Perle; perle; switch
Prestige; ZyXEL; prestige; router
Linux TS-; QNAP; qnap; storage
^Samsung; Samsung; samsungprinter; printer
ServerIron; Brocade; serveriron; load balancer
^SHARP; Sharp; sharp; printer
RTCS version; Stulz; spectracool; sensor
^ST5\d|^TG585; Thomson; speedtouch; router
Supermicro Switch|SuperSwitch|^SBM-; Supermicro; supermicro-switch; switch
VRP; Huawei; vrp; switch
Application Control (?:Software|Engine); Cisco; acsw; load balancer
^AMN-; Accedian; aen; switch
ApexPlus; Trango; apex-plus; access point
^bcm963; Broadcom; bcm963; router
GLCY; FS; fs-nmu; switch
^Global Site Selector; Cisco; ios; appliance
^NetBSD; NetBSD; netbsd; server
^OpenBSD; OpenBSD; openbsd; server
DragonFly; DragonFly; dragonfly; server
FreeBSD; FreeBSD; freebsd; server
Darwin; Apple; macosx; server
\bAIX\b; IBM; aix; server
VMware ESX; VMware; vmware-esxi; hypervisor
RouterOS; MikroTik; routeros; router
JETDIRECT|HP ETHERNET; HP; jetdirect; printer
KONICA MINOLTA; Konica Minolta; konica; printer
^KYOCERA; Kyocera; kyocera; printer
^Lexmark; Lexmark; lexmarkprinter; printer
^RICOH; Ricoh; ricoh; printer
^Xerox; Xerox; xerox; printer
^Brother; Brother; brother; printer
^EPSON; Epson; epson; printer
Linux; Linux; linux; server
"""

DETAILS = r"""
windows; \(Build (?:Number: )?(?P<version>\d+)
3com; ^3Com (?P<model>.+)
3com; ^(?P<model>Switch \S.{2,40}?) Software Version (?P<version>[\d.]+)
procurve; (?P<model>J\d{4}A \S+).*?revision (?P<version>[\w.]+)
ios; (?:Software|\)), Version (?P<version>[^,\s]+)
iosxe iosxr nxos ftd; Version (?P<version>[^,\s\[]+)
iosxe; ^Cisco (?P<model>IE\S+) \w+ \d+ V (?P<version>\d+ \d+ \d+)
junos; Inc\. (?P<model>\S+).*?JUNOS (?P<version>[\w.-]+)
ricoh nrg gestetner; ^(?:RICOH|NRG|Gestetner) (?P<model>.+?) (?P<version>\d+\.\d+) /
konica; ^KONICA MINOLTA (?P<model>.+)
canonprinter; ^Canon (?P<model>\S+)
jetdirect; PID:(?:HP )?(?P<model>[^,;]+)
xerox; ^(?:FUJI )?Xerox (?P<model>[^;]+);
dell-laser lexmarkprinter; ^(?:Dell|Lexmark) (?P<model>\S+) version (?P<version>\S+)
brother; Firmware Ver\.(?P<version>[\d.]+)
sharp; ^SHARP (?P<model>\S+)
samsungprinter; ^Samsung (?P<model>[^;]+); V?(?P<version>[^;]+)
apc aos-emu2; \bAF1:v(?P<version>[\d.]+)(?: AN1:\S*rpdu\S* MN:(?P<model>AP\w+))?
eaton-mgeups netmanplus jetstream gude-esb; ^(?P<model>.{3,60})$
avtech; ^(?P<model>Room Alert \w+) v(?P<version>[\d.]+)
hwg-ste hwg-ste2 hwg-wld hwg-perseus; ^(?P<model>.+?),? fw:(?P<version>\S+)
axiscam; ^; (?P<model>AXIS [^;]+);[^;]+; (?P<version>[\d.]+)
truenas truenas-scale; ^(?:Free|True)NAS-(?P<version>\S+).*?Hardware: (?P<model>.+?)\.?(?: Software|$)
arubaos aruba-instant; MODEL: (?P<model>[^)]+)\), Version (?P<version>\S+)
unifi; ^(?P<model>U[\w-]+) (?P<version>[\d.]+)
comware; ^HPE? (?P<model>\S+) Switch Software Version (?P<version>[\d.]+)
comware; Software Version (?P<version>\d+(?:\.\d+)+)(?:,? Release \w+ HPE? (?P<model>\S.{2,60}?) Copyright)?
edgeswitch; ^(?P<model>EdgeSwitch [^,]+|USW[^,]*), (?:firmware )?(?P<version>[\d.]+)
routeros; ^RouterOS (?P<model>\S+)
dlink; ^(?:D-Link )?(?P<model>D[EGX]S-\S+)
vmware-esxi; ESXi (?P<version>[\d.]+)
linux; ^Linux \S+ (?P<version>\d\S+)
panos; Palo Alto Networks (?P<model>PA-\S+) firewall
hpe-ilo; Lights-Out (?P<model>\d+) (?P<version>[\d.]+)
fortigate; ^(?P<model>Forti\S+ \S+)$
vrp; (?P<model>S\d{4}-\S+|AR\d\S+|NE\d\S+).*?Version (?P<version>[\d.]+)
powerconnect; ^PowerConnect (?P<model>\w+), (?P<version>[\d.]+)
xos; \((?P<model>[^)]+)\) version (?P<version>\S+)
arubaos-cx; ^(?P<version>[A-Z]{2}\.\d[\d.]+)$
"""
