package text

// countryAliases has, after a country's alpha-2 code, the other names it goes by,
// divided by bars: usual, official, former and own names.
const countryAliases = `
AE UAE|Emirates|U.A.E.|الإمارات العربية المتحدة
AG Antigua
AM Hayastan
AR República Argentina|Argentine Republic
AT Österreich|Oesterreich|Republic of Austria
AU Commonwealth of Australia
BA Bosnia|Bosnia-Herzegovina|Bosna i Hercegovina
BE België|Belgique|Belgien|Kingdom of Belgium
BG България|Bulgariya
BN Brunei Darussalam
BO Bolivia, Plurinational State of|Plurinational State of Bolivia
BQ Bonaire, Sint Eustatius and Saba|Bonaire
BR Brasil|Federative Republic of Brazil
BS The Bahamas
BY Belorussia|Беларусь
CC Cocos (Keeling) Islands|Keeling Islands
CD Democratic Republic of the Congo|Congo, The Democratic Republic of the|Congo-Kinshasa|Congo Kinshasa|DRC|Democratic Republic of Congo|Zaire
CG Republic of the Congo|Congo-Brazzaville|Congo Brazzaville|Republic of Congo|Congo, Republic of the
CH Schweiz|Suisse|Svizzera|Svizra|Swiss Confederation
CI Ivory Coast|Cote dIvoire
CN People's Republic of China|PRC|P.R. China|PR China|Mainland China|中国|中华人民共和国
CV Cabo Verde
CY Kypros|Κύπρος|Kıbrıs
CZ Czech Republic|Česko|Česká republika|Tschechien
DE Deutschland|Federal Republic of Germany|Bundesrepublik Deutschland|BRD|Duitsland|Allemagne|Alemania
DK Danmark|Kingdom of Denmark
DZ Algérie|الجزائر
EE Eesti
EG Arab Republic of Egypt|مصر
ES España|Kingdom of Spain|Espana|Spanien
FI Suomi|Republic of Finland
FK Falkland Islands (Malvinas)|Malvinas
FM Federated States of Micronesia|Micronesia, Federated States of
FO Faroes|Faeroe Islands
FR République française|French Republic|Frankreich|Frankrijk|Francia
GB UK|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|United Kingdom of Great Britain and Northern Ireland|Vereinigtes Königreich
GE Sakartvelo|საქართველო
GM The Gambia
GR EL|Hellas|Ελλάδα|Hellenic Republic|Ellada
GS South Georgia
HK Hong Kong SAR|Hong Kong SAR China|香港
HM Heard Island and McDonald Islands
HR Hrvatska
HU Magyarország
ID Republic of Indonesia
IE Éire|Republic of Ireland|Eire
IL ישראל
IN Bharat|भारत|Republic of India
IR Iran, Islamic Republic of|Islamic Republic of Iran|Persia|ایران
IS Ísland
IT Italia|Italian Republic|Italien|Italië
JP Nippon|Nihon|日本|日本国
KG Kyrgyz Republic
KH Kampuchea
KN Saint Kitts|St Kitts
KP Korea, Democratic People's Republic of|Democratic People's Republic of Korea|DPRK
KR Republic of Korea|Korea, Republic of|Korea|Korea, South|S. Korea|대한민국|한국
KZ Қазақстан|Казахстан
LA Lao People's Democratic Republic|Lao PDR|Lao
LT Lietuva
LU Luxemburg|Lëtzebuerg
LV Latvija
LY Libyan Arab Jamahiriya
MA Maroc|المغرب
MD Moldova, Republic of|Republic of Moldova
ME Crna Gora
MF Saint Martin (French part)
MK Macedonia|Republic of North Macedonia|FYROM|Северна Македонија
MM Burma
MO Macau|Macau SAR China|Macao SAR
MX México|United Mexican States|Méjico
NL Holland|Nederland|Kingdom of the Netherlands|Niederlande|Pays-Bas|Países Bajos
NO Norge|Noreg|Kingdom of Norway|Norwegen
NZ Aotearoa
PE Perú
PH The Philippines|Pilipinas
PL Polska|Polen|Republic of Poland
PN Pitcairn
PS Palestine, State of|State of Palestine|Palestinian Territories
PT Portuguese Republic|República Portuguesa
RE Reunion Island
RO România|Roumania|Rumania
RS Srbija|Србија
RU Russian Federation|Россия|Российская Федерация|Rossiya|Russland
SA KSA|Kingdom of Saudi Arabia|السعودية|المملكة العربية السعودية
SE Sverige|Schweden|Kingdom of Sweden
SG Republic of Singapore|新加坡
SH Saint Helena, Ascension and Tristan da Cunha
SI Slovenija
SK Slovensko|Slovak Republic
SX Sint Maarten (Dutch part)
SY Syrian Arab Republic
SZ Swaziland
TH ประเทศไทย|ไทย
TL East Timor
TR Turkey|Turkiye|Republic of Türkiye|Republic of Turkey
TT Trinidad
TW Taiwan, Province of China|臺灣|台灣|台湾|Republic of China|Chinese Taipei
TZ Tanzania, United Republic of|United Republic of Tanzania
UA Україна|Ukraina|Украина
US USA|U.S.|United States of America|America|U.S. of A.|Estados Unidos|EE.UU.|Vereinigte Staaten|États-Unis|Verenigde Staten
UM U.S. Outlying Islands
UZ Oʻzbekiston
VA Vatican|Holy See|Holy See (Vatican City State)
VC Saint Vincent|Saint Vincent and the Grenadines
VE Venezuela, Bolivarian Republic of|Bolivarian Republic of Venezuela
VG Virgin Islands, British|BVI
VI U.S. Virgin Islands|Virgin Islands, U.S.|Virgin Islands of the United States|USVI
VN Viet Nam|Việt Nam|Socialist Republic of Viet Nam
WS Western Samoa
ZA RSA|Republic of South Africa|Suid-Afrika
`
