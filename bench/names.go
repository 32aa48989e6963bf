package main

import (
	"math/rand/v2"
	"strings"
)

// people are first and last names of one alphabet, with a country where they
// are at home.
type people struct {
	country     string
	first, last []string
}

var peoples = []people{
	{"NL", strings.Fields("Anna Bram Cees Daan Eline Femke Gijs Hanna Iris Jasper Koen Lotte Maud Niels Onno Pieter Quinten Roos Sanne Thijs"),
		strings.Fields("Bakker Brouwer Dekker Dijkstra Hendriks Jansen Kuipers Meijer Mulder Peters Smit Visser Vermeulen Verhoeven Willems")},
	{"DE", strings.Fields("Anke Björn Christa Dieter Elke Friedrich Günther Heike Ingrid Jürgen Käthe Lukas Monika Norbert Petra Rüdiger Sabine Ute"),
		strings.Fields("Bauer Becker Fischer Groß Hoffmann Jäger Keller König Köhler Müller Richter Schäfer Schröder Schwarz Vogel Weiß Wolf Zimmermann")},
	{"FR", strings.Fields("Amélie Benoît Chloé Damien Élodie François Gaëlle Hélène Inès Jérôme Léa Maëlle Noël Océane Rémi Solène Théo Zoé"),
		strings.Fields("Bernard Chevalier Dubois Durand Fontaine Garnier Girard Lefèvre Lemoine Mercier Moreau Noël Perrin Roussel Rousseau")},
	{"GB", strings.Fields("Alice Benjamin Charlotte Daniel Emily Frank Grace Henry Isla James Kate Liam Mary Noah Olivia Peter Rose Samuel Thomas Victoria"),
		strings.Fields("Adams Baker Clarke Davies Evans Foster Green Harris Johnson Kelly Lewis Morgan Parker Roberts Smith Taylor Turner Walker Wright")},
	{"PL", strings.Fields("Agnieszka Bartłomiej Dorota Elżbieta Grażyna Jacek Łukasz Małgorzata Michał Paweł Stanisław Zofia"),
		strings.Fields("Dąbrowska Jabłoński Kowalczyk Kozłowski Lewandowska Nowak Wiśniewski Wójcik Zając Zieliński")},
	{"TR", strings.Fields("Ayşe Burak Çağla Deniz Emre Fatma Gökhan Hülya İbrahim Kübra Mehmet Özlem Şule Uğur"),
		strings.Fields("Aydın Çelik Demir Doğan Güneş Kaya Öztürk Şahin Yıldırım Yılmaz")},
	{"GR", strings.Fields("Αλέξανδρος Βασιλική Γιώργος Δημήτρης Ελένη Ιωάννα Κατερίνα Μαρία Νίκος Σοφία"),
		strings.Fields("Αγγελόπουλος Γεωργίου Δημητρίου Ιωάννου Κωνσταντίνου Νικολάου Παπαδόπουλος")},
	{"BG", strings.Fields("Анна Борис Виктор Галина Дмитрий Елена Иван Ксения Любовь Мария Николай Ольга Сергей Юлия"),
		strings.Fields("Васильев Волков Иванова Ковалёва Кузнецов Морозов Новикова Петров Соколов Фёдоров")},
	{"JP", strings.Fields("葵 翔太 結衣 大輔 美咲 健一 さくら 拓也 陽子 直樹"),
		strings.Fields("佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤")},
	{"AE", strings.Fields("أحمد فاطمة محمد ليلى يوسف مريم خالد نور عمر سارة"),
		strings.Fields("الخطيب حداد خوري منصور ناصر سالم العلي")},
}

var cities = map[string][]string{
	"NL": {"Amsterdam", "Rotterdam", "Utrecht", "Eindhoven", "Groningen", "Tilburg", "Almere", "Breda", "Nijmegen", "'s-Hertogenbosch"},
	"DE": {"Berlin", "Hamburg", "München", "Köln", "Frankfurt am Main", "Stuttgart", "Düsseldorf", "Leipzig", "Nürnberg"},
	"FR": {"Paris", "Lyon", "Marseille", "Toulouse", "Nantes", "Lille", "Saint-Étienne", "Besançon"},
	"GB": {"London", "Manchester", "Leeds", "Bristol", "Edinburgh", "Cardiff", "Belfast", "York"},
	"PL": {"Warszawa", "Kraków", "Łódź", "Wrocław", "Poznań", "Gdańsk"},
	"TR": {"İstanbul", "Ankara", "İzmir", "Eskişehir"},
	"GR": {"Αθήνα", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο"},
	"BG": {"София", "Пловдив", "Варна", "Бургас"},
	"JP": {"東京", "大阪", "名古屋", "札幌"},
	"AE": {"دبي", "أبو ظبي", "الشارقة"},
}

var (
	syllables  = strings.Fields("ba bel bo bra cal cor da del dor el fa fen gal gor ha hel in ka kel kor la lan lo ma mel mor na nel no or pa pel por qua ra ren ro sa sol ta ten tor ul va vel vi wa wen xan yo za zen")
	industries = strings.Fields("Agriculture Banking Chemicals Construction Consulting Education Energy Government Healthcare Hospitality Insurance Logistics Machinery Media Pharma Property Retail Software Telecom Textiles")
	trades     = strings.Fields("Solutions Systems Logistics Software Consulting Foods Energy Textiles Machines Media Partners Trading Group Labs Works")
	forms      = strings.Fields("BV GmbH SA Ltd AG Inc SARL NV Oy AB")
	jobs       = []string{"Chief Executive", "Buyer", "Head of Sales", "Office Manager", "Engineer", "Financial Controller", "Marketing Lead", "Consultant", "Head of IT", "Account Manager"}
	products   = strings.Fields("Renewal Licence Rollout Training Support Migration Audit Pilot Expansion Subscription")
	tiers      = strings.Fields("gold silver bronze none")
	sources    = strings.Fields("website referral fair cold_call partner")
	remarks    = []string{
		"Called about the offer; they want a customer reference before they decide.",
		"Met at the trade fair. Interested in the new version, asked for prices.",
		"The contract ends this year; the customer wants to talk about a longer one.",
		"Sent the proposal by e-mail. Follow up next week about the budget.",
		"Complaint about the delivery was solved; the customer is satisfied again.",
		"The project was moved to the next quarter because of a reorganization.",
	}
	chores = []string{"Call about the proposal", "Send the contract", "Prepare the demo", "Follow up on the offer", "Plan a visit", "Check the invoice"}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// coined makes a word that few other records have.
func coined(r *rand.Rand, length int) string {
	var b strings.Builder
	for range length {
		b.WriteString(pick(r, syllables))
	}
	word := b.String()
	return strings.ToUpper(word[:1]) + word[1:]
}
